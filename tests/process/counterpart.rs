//! The counterparts in `tests/counterparts`: scripts that print one line of JSON when they are ready.

use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;

use super::{Program, told};

/// A running counterpart.
pub(crate) struct Counterpart {
    /// Where it is, without a trailing slash.
    pub(crate) url: String,
    /// All that it said when it was ready.
    pub(crate) ready: Value,
    _program: Program,
}

impl Counterpart {
    pub(crate) fn start(script: &str, environment: &[(&str, &str)]) -> Self {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("counterparts");
        let mut command = Command::new(interpreter(script));
        command.current_dir(folder).arg(script).envs(environment.iter().copied());
        command.env("PYTHONDONTWRITEBYTECODE", "1");
        let mut program = Program::start(&mut command);
        let ready = program
            .wait_for_line(|line| serde_json::from_str::<Value>(line).ok().filter(Value::is_object))
            .unwrap_or_else(|words| panic!("{script} does not start: {words}"));
        let url = ready["url"].as_str().unwrap().to_owned();
        Self { url, ready, _program: program }
    }
}

fn interpreter(script: &str) -> PathBuf {
    let is_python = Path::new(script).extension().is_some_and(|extension| extension == "py");
    told(if is_python { "HOSPES_TEST_PYTHON" } else { "HOSPES_TEST_NODE" })
}
