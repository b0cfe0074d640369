//! A directory with a configuration in the environment, and the binary run in it.

use serde_json::Value;
use std::path::PathBuf;
use std::process::{Command, Output, Stdio};

pub(crate) struct Machine {
    directory: tempfile::TempDir,
}

impl Machine {
    /// With a tenant.
    pub(crate) fn with_tenant() -> (Self, Value) {
        let machine = Self { directory: tempfile::tempdir().unwrap() };
        let tenant = machine.json("tenant create harbor --name Harbor");
        (machine, tenant)
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.directory.path().join(name)
    }

    pub(crate) fn command(&self, line: &str) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_hospes"));
        command
            .args(line.split_whitespace())
            .current_dir(self.directory.path())
            .env_clear()
            .env("HOSPES__BASE_URL", "https://id.example")
            .stdin(Stdio::null());
        command
    }

    pub(crate) fn run(&self, line: &str) -> Output {
        self.command(line).output().unwrap()
    }

    /// A command that succeeds; its document.
    #[track_caller]
    pub(crate) fn json(&self, line: &str) -> Value {
        let output = self.run(&format!("{line} --output json"));
        assert!(output.status.success(), "{line}: {}", String::from_utf8_lossy(&output.stderr));
        if output.stdout.is_empty() { Value::Null } else { serde_json::from_slice(&output.stdout).unwrap() }
    }

    /// A command that ends with this code and says something.
    #[track_caller]
    pub(crate) fn fails(&self, code: i32, line: &str) -> String {
        let output = self.run(line);
        let said = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(code), "{line}: {said}");
        assert!(!said.trim().is_empty());
        said
    }

    /// Everything the lists show.
    pub(crate) fn snapshot(&self) -> Vec<Value> {
        let of_harbor = ["keys list", "client list", "idp list", "guest list", "member list", "invite list"];
        let lists = of_harbor.iter().map(|list| self.json(&format!("{list} --tenant harbor")));
        lists.chain([self.json("tenant list"), self.json("tenant show harbor")]).collect()
    }
}
