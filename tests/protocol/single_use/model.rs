//! A code and the tokens that come of it, as the specifications have them: what is asked takes one or two steps, and
//! the steps of what comes together may be taken in any order.

/// What can be done. Numbers count back from the newest.
#[derive(Clone, Copy, Debug)]
pub(super) enum Op {
    /// The code is redeemed.
    Redeem,
    /// A refresh token is used.
    Refresh { back: u32 },
    /// A refresh token is revoked.
    Revoke { back: u32 },
    /// The session ends that the code came of.
    SignOut,
    /// An access token is used.
    Look { back: usize },
}

/// What is asked of the model: tokens by their place from the beginning.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Asked {
    Redeem,
    Refresh(u32),
    /// By revocation, or with the session.
    End,
    /// Of an access token issued then.
    Look(i64),
}

/// Where something stands that takes two steps.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Stage {
    First,
    /// The code was spent by this request.
    Spent,
    /// The code was spent before.
    Replayed,
}

/// Tokens that came of a code.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Family {
    Waiting,
    Alive { generation: u32, since: i64 },
    Ended,
}

/// How long the code and its tokens are good for, in seconds.
const CODE: i64 = 60;
const CODE_IS_REMEMBERED: i64 = 600;
const GRACE: i64 = 30;
const IDLE: i64 = 14 * 24 * 3600;
const ACCESS: i64 = 3600;

#[derive(Clone, Debug, PartialEq)]
pub(super) struct Model {
    /// Seconds since the code was minted.
    pub(super) now: i64,
    spent: bool,
    family: Family,
}

impl Model {
    pub(super) const fn new() -> Self {
        Self { now: 0, spent: false, family: Family::Waiting }
    }

    pub(super) fn pass(&mut self, seconds: i64) {
        self.now += seconds;
        if let Family::Alive { since, .. } = self.family
            && self.now - since >= IDLE
        {
            self.family = Family::Ended;
        }
    }

    /// Whether it is granted, or what comes next.
    fn step(&mut self, asked: Asked, stage: Stage) -> Result<bool, Stage> {
        match (asked, stage) {
            (Asked::Redeem, Stage::First) => {
                if self.now >= CODE_IS_REMEMBERED {
                    return Ok(false);
                }
                if std::mem::replace(&mut self.spent, true) {
                    return Err(Stage::Replayed);
                }
                if self.now >= CODE { Ok(false) } else { Err(Stage::Spent) }
            }
            (Asked::Redeem, Stage::Replayed) => {
                self.family = Family::Ended;
                Ok(false)
            }
            (Asked::Redeem, Stage::Spent) => {
                let waits = self.family == Family::Waiting;
                if waits {
                    self.family = Family::Alive { generation: 1, since: self.now };
                }
                Ok(waits)
            }
            (Asked::Refresh(presented), _) => Ok(self.refresh(presented)),
            (Asked::End, _) => {
                self.family = Family::Ended;
                Ok(true)
            }
            (Asked::Look(issued), _) => {
                Ok(matches!(self.family, Family::Alive { .. }) && self.now < issued + ACCESS)
            }
        }
    }

    fn refresh(&mut self, presented: u32) -> bool {
        let Family::Alive { generation, since } = self.family else { return false };
        if presented == generation {
            self.family = Family::Alive { generation: generation + 1, since: self.now };
            return true;
        }
        let in_grace = presented + 1 == generation && self.now - since < GRACE;
        if !in_grace {
            self.family = Family::Ended;
        }
        in_grace
    }

    /// How things may stand after all of this came together and was granted or not.
    pub(super) fn after(&self, together: &[(Asked, bool, Stage)]) -> Vec<Self> {
        if together.is_empty() {
            return vec![self.clone()];
        }
        let mut all: Vec<Self> = Vec::new();
        for next in 0..together.len() {
            let (mut rest, mut model) = (together.to_vec(), self.clone());
            let (asked, granted, stage) = rest.swap_remove(next);
            match model.step(asked, stage) {
                Ok(answer) if answer != granted => continue,
                Ok(_) => {}
                Err(stage) => rest.push((asked, granted, stage)),
            }
            for model in model.after(&rest) {
                if !all.contains(&model) {
                    all.push(model);
                }
            }
        }
        all
    }
}
