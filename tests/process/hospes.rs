//! The `hospes` binary as its users run it.

use std::process::Command;

use super::{Program, free_ports, told};

/// `hospes demo`, ready for visitors.
pub(crate) struct Demo {
    /// Of the server.
    pub(crate) base_url: String,
    /// Of the tour, the sample app and the mail viewer.
    pub(crate) companion_url: String,
    /// Of everybody in the demo.
    pub(crate) password: String,
    _program: Program,
}

impl Demo {
    /// Starts a demo of its own on two free ports.
    pub(crate) fn start() -> Self {
        // Somebody else may take a port between our look and the start: then look again.
        for _ in 0..5 {
            let port = free_ports(2);
            let mut program = Program::start(
                Command::new(told("HOSPES_TEST_BINARY")).arg("demo").args(["--port", &port.to_string()]),
            );
            let password = program.wait_for_line(|line| {
                let words: Vec<&str> = line.split_whitespace().collect();
                (words.get(2) == Some(&"hanna@harbor.example")).then(|| words[3].to_owned())
            });
            match password {
                Ok(password) => {
                    program.wait_for_line(|line| line.starts_with("Stop with").then_some(())).unwrap();
                    return Self {
                        base_url: format!("http://localhost:{port}"),
                        companion_url: format!("http://localhost:{}", port + 1),
                        password,
                        _program: program,
                    };
                }
                Err(words) if words.contains("is in use") => {}
                Err(words) => panic!("the demo does not start: {words}"),
            }
        }
        panic!("no port stayed free");
    }
}
