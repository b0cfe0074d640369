//! Chromium under a driver of its own: one driver for a test, a fresh profile for every visitor.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::process::Command;

use tempfile::TempDir;
use thirtyfour::{ChromeCapabilities, ChromiumLikeCapabilities, LoggingPrefsLogLevel, WebDriver};

use crate::process::{PATIENCE, Program, told};

/// Keeps Chromium to the page: no sandbox as root, no graphics card, no calls home.
const FLAGS: [&str; 9] = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--lang=en",
];

/// A running chromedriver.
pub(crate) struct Chromium {
    port: u16,
    // Dropped in this order, after all browsers were shut down.
    _driver: Program,
    profiles: TempDir,
}

impl Chromium {
    pub(crate) fn start() -> Self {
        // The driver is spoken to over plain http, but the HTTP client wants to know; a second time changes nothing.
        let _ = rustls::crypto::aws_lc_rs::default_provider().install_default();
        let mut driver = Program::start(Command::new(told("HOSPES_TEST_CHROMEDRIVER")).arg("--port=0"));
        let port = driver
            .wait_for_line(|line| {
                line.split_once("successfully on port ")?.1.trim_end_matches('.').parse().ok()
            })
            .unwrap_or_else(|words| panic!("chromedriver does not start: {words}"));
        let profiles = tempfile::Builder::new().prefix("hospes-chromium-").tempdir().unwrap();
        Self { port, _driver: driver, profiles }
    }

    /// A browser nobody has used before.
    pub(crate) async fn open(&self) -> WebDriver {
        let profile = tempfile::tempdir_in(self.profiles.path()).unwrap().keep();
        let mut capabilities = ChromeCapabilities::new();
        for flag in FLAGS {
            capabilities.add_arg(flag).unwrap();
        }
        capabilities.add_arg(&format!("--user-data-dir={}", profile.display())).unwrap();
        capabilities.set_browser_log_level(LoggingPrefsLogLevel::All).unwrap();
        let driver = WebDriver::new(format!("http://127.0.0.1:{}", self.port), capabilities).await.unwrap();
        // Ours to end, see below: the library would block the runtime its own connections live on.
        driver.clone().leak().unwrap();
        driver
    }
}

impl Drop for Chromium {
    /// Ends the driver and all its browsers, also after a failure. Unlike a signal, this command waits for them.
    fn drop(&mut self) {
        let ask = || -> std::io::Result<()> {
            let mut connection = TcpStream::connect(("127.0.0.1", self.port))?;
            connection.set_read_timeout(Some(PATIENCE))?;
            connection
                .write_all(b"GET /shutdown HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")?;
            connection.read_to_end(&mut Vec::new()).map(drop)
        };
        if let Err(error) = ask() {
            eprintln!("chromedriver was not asked to shut down: {error}");
        }
    }
}
