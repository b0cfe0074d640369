//! The hot paths, each as one connection takes it again and again.

use anyhow::{Context, Result, ensure};

use super::http::{Connection, Response, get};
use super::world::{Begin, CONNECTIONS, Client, World, cookie_header, member, path_of};

/// A hot path with what it may cost.
pub(super) struct Flow {
    pub(super) name: &'static str,
    /// Microseconds of server CPU, on the machine the targets were set on.
    pub(super) target: Option<f64>,
    /// Requests of one round to the measured server.
    pub(super) requests: f64,
    make: fn(&World, usize) -> Result<Box<dyn Round + '_>>,
}

/// One connection's part of a flow.
pub(super) trait Round {
    /// Gets ready for that many seconds, unmeasured.
    fn prepare(&mut self, _seconds: u64) -> Result<()> {
        Ok(())
    }

    /// Once through the flow; `false` when what was prepared is used up.
    fn run(&mut self) -> Result<bool>;

    /// Whether rounds before the measurement take nothing away from it.
    fn may_warm_up(&self) -> bool {
        true
    }
}

const fn flow(
    name: &'static str,
    target: Option<f64>,
    make: fn(&World, usize) -> Result<Box<dyn Round + '_>>,
) -> Flow {
    Flow { name, target, requests: 1.0, make }
}

impl Flow {
    const fn requests(mut self, requests: f64) -> Self {
        self.requests = requests;
        self
    }
}

/// What the HTTP server and the kernel cost alone: five bytes, on one worker, without headers of ours.
pub(super) const BARE: &str = "a bare answer";

/// In the order of the table.
pub(super) const ALL: [Flow; 12] = [
    flow(BARE, None, |world, _| {
        let connection = Connection::open(world.operations)?;
        Ok(Box::new(Same { connection, request: get("/health/live", &[]), status: 200 }))
    }),
    flow("discovery", Some(9.0), |world, _| Same::get(world, "/.well-known/openid-configuration")),
    flow("JWKS", Some(9.0), |world, _| Same::get(world, "/jwks")),
    flow("client credentials", Some(45.0), |world, _| {
        let request = world.es256.token_request(&[("grant_type", "client_credentials")]);
        Same::of(world, request, 200)
    }),
    flow("authorize with session", Some(45.0), |world, number| {
        Same::of(world, authorize(world, &world.es256, number)?, 303)
    }),
    flow("authorize + exchange, ES256", Some(150.0), |world, number| {
        Ok(Box::new(Exchange::new(world, &world.es256, number)?))
    })
    .requests(2.0),
    flow("authorize + exchange, RS256", None, |world, number| {
        Ok(Box::new(Exchange::new(world, &world.rs256, number)?))
    })
    .requests(2.0),
    flow("refresh", Some(90.0), Refresh::make),
    flow("userinfo", Some(75.0), |world, number| {
        let token = member(&Exchange::new(world, &world.es256, number)?.tokens()?, "access_token")?;
        Same::of(world, get("/t/bench/userinfo", &[&format!("authorization: Bearer {token}")]), 200)
    }),
    flow("leave for home IdP", None, |world, number| {
        let begin = world.es256.authorize("bench", person(&world.guests, number)?);
        Same::of(world, get(begin.path(), &[]), 303)
    }),
    flow("federated callback", None, Callback::make),
    flow("password sign-in", None, Password::make),
];

impl Flow {
    /// The part of the connection with this number.
    pub(super) fn round<'a>(&self, world: &'a World, number: usize) -> Result<Box<dyn Round + 'a>> {
        (self.make)(world, number)
    }
}

fn person(of: &[String], number: usize) -> Result<&str> {
    of.get(number % CONNECTIONS).map(String::as_str).context("fewer people than connections")
}

fn authorize(world: &World, client: &Client, number: usize) -> Result<String> {
    Ok(get(&client.authorize_path("bench"), &[person(&world.sessions, number)?]))
}

fn answered(response: Response, status: u16) -> Result<Response> {
    ensure!(response.status == status, "{} instead of {status}: {}", response.status, response.body);
    Ok(response)
}

/// The same request every time.
struct Same {
    connection: Connection,
    request: String,
    status: u16,
}

impl Same {
    fn get<'a>(world: &World, path: &str) -> Result<Box<dyn Round + 'a>> {
        Self::of(world, get(&format!("/t/bench{path}"), &[]), 200)
    }

    fn of<'a>(world: &World, request: String, status: u16) -> Result<Box<dyn Round + 'a>> {
        Ok(Box::new(Self { connection: Connection::open(world.main)?, request, status }))
    }
}

impl Round for Same {
    fn run(&mut self) -> Result<bool> {
        answered(self.connection.send(&self.request)?, self.status)?;
        Ok(true)
    }
}

/// A code, redeemed at once.
struct Exchange<'a> {
    connection: Connection,
    authorize: String,
    client: &'a Client,
}

impl<'a> Exchange<'a> {
    fn new(world: &World, client: &'a Client, number: usize) -> Result<Self> {
        let (connection, authorize) = (Connection::open(world.main)?, authorize(world, client, number)?);
        Ok(Self { connection, authorize, client })
    }

    fn tokens(&mut self) -> Result<Response> {
        let answer = answered(self.connection.send(&self.authorize)?, 303)?;
        answered(self.connection.send(&self.client.redeem(&answer)?)?, 200)
    }
}

impl Round for Exchange<'_> {
    fn run(&mut self) -> Result<bool> {
        self.tokens()?;
        Ok(true)
    }
}

/// A family of refresh tokens, rotated at each round.
struct Refresh<'a> {
    connection: Connection,
    client: &'a Client,
    token: String,
}

impl Refresh<'_> {
    fn make(world: &World, number: usize) -> Result<Box<dyn Round + '_>> {
        let client = &world.es256;
        let mut exchange = Exchange::new(world, client, number)?;
        let token = member(&exchange.tokens()?, "refresh_token")?;
        Ok(Box::new(Refresh { connection: exchange.connection, client, token }))
    }
}

impl Round for Refresh<'_> {
    fn run(&mut self) -> Result<bool> {
        let grant = [("grant_type", "refresh_token"), ("refresh_token", self.token.as_str())];
        let answer = self.connection.send(&self.client.token_request(&grant))?;
        self.token = member(&answered(answer, 200)?, "refresh_token")?;
        Ok(true)
    }
}

/// A guest comes back from the home IdP. Leaving and signing in there is prepared, so that only the callback counts.
struct Callback<'a> {
    main: Connection,
    home: Connection,
    leave: Begin,
    home_session: &'a str,
    arrivals: Vec<String>,
}

impl Callback<'_> {
    /// Rounds for a second of measurement.
    const PER_SECOND: u64 = 50;

    fn make(world: &World, number: usize) -> Result<Box<dyn Round + '_>> {
        Ok(Box::new(Callback {
            main: Connection::open(world.main)?,
            home: Connection::open(world.home)?,
            leave: world.es256.authorize("bench", person(&world.guests, number)?),
            home_session: person(&world.home_sessions, number)?,
            arrivals: Vec::new(),
        }))
    }

    fn arrival(&mut self) -> Result<String> {
        let left = answered(self.main.send(&get(self.leave.path(), &[]))?, 303)?;
        let there = path_of(left.location.as_deref().unwrap_or_default());
        let back = answered(self.home.send(&get(there, &[self.home_session]))?, 303)?;
        let callback = path_of(back.location.as_deref().unwrap_or_default());
        Ok(get(callback, &[&cookie_header(&left)?]))
    }
}

impl Round for Callback<'_> {
    fn prepare(&mut self, seconds: u64) -> Result<()> {
        for _ in 0..seconds * Self::PER_SECOND {
            let arrival = self.arrival()?;
            self.arrivals.push(arrival);
        }
        Ok(())
    }

    fn run(&mut self) -> Result<bool> {
        let Some(arrival) = self.arrivals.pop() else {
            return Ok(false);
        };
        answered(self.main.send(&arrival)?, 303)?;
        Ok(true)
    }

    fn may_warm_up(&self) -> bool {
        false
    }
}

/// A member types a password: as often as one may in ten minutes, after the one time that signed the member in.
struct Password<'a> {
    connection: Connection,
    world: &'a World,
    begin: Begin,
    pages: Vec<String>,
}

impl Password<'_> {
    const TIMES: usize = 4;

    fn make(world: &World, number: usize) -> Result<Box<dyn Round + '_>> {
        let begin = world.es256.authorize("bench", person(&world.members, number)?);
        Ok(Box::new(Password { connection: Connection::open(world.main)?, world, begin, pages: Vec::new() }))
    }
}

impl Round for Password<'_> {
    fn prepare(&mut self, _: u64) -> Result<()> {
        while self.pages.len() < Self::TIMES {
            let page = self.world.password_page(&mut self.connection, &self.begin)?;
            self.pages.push(page.request);
        }
        Ok(())
    }

    fn run(&mut self) -> Result<bool> {
        let Some(page) = self.pages.pop() else {
            return Ok(false);
        };
        answered(self.connection.send(&page)?, 303)?;
        Ok(true)
    }

    fn may_warm_up(&self) -> bool {
        false
    }
}
