//! What the configuration accepts, refuses and shows.

use super::{Config, Sources};
use crate::config::reader::Reader;
use std::collections::BTreeSet;
use std::path::Path;

const EXAMPLE: &str = include_str!("../../config.example.toml");

fn with(file: Option<&Path>, environment: &[(&str, &str)]) -> anyhow::Result<Config> {
    let environment = environment.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
    Config::load(&Sources { file, environment: environment.collect() })
}

fn file(text: &str) -> tempfile::NamedTempFile {
    let file = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(file.path(), text).unwrap();
    file
}

fn problems(text: &str, environment: &[(&str, &str)]) -> String {
    let file = file(text);
    with(Some(file.path()), environment).err().expect("refused").to_string()
}

/// The example with the settings that are off turned on.
fn example_with_everything_on() -> String {
    let on = |line: &str| match line.strip_prefix('#') {
        Some(setting) if setting.starts_with(|c: char| c.is_ascii_lowercase()) => setting.to_owned(),
        _ => line.to_owned(),
    };
    EXAMPLE.lines().map(on).collect::<Vec<_>>().join("\n")
}

#[test]
fn the_example_has_every_setting_and_no_other() {
    let file = file(&example_with_everything_on());
    let mut reader =
        Reader::open(&Sources { file: Some(file.path()), environment: Vec::new() }).expect("TOML");
    assert!(Config::read(&mut reader).is_some());
    let asked: BTreeSet<String> = reader.asked().iter().map(|path| (*path).to_owned()).collect();
    let given: BTreeSet<String> = reader.given().cloned().collect();
    assert_eq!(asked, given);
    let problems = reader.finish();
    assert_eq!(problems.len(), 1, "only the file that is not here: {problems:?}");
    assert!(problems[0].starts_with("smtp.ca_file: "));
}

#[test]
fn the_example_as_it_is_says_what_holds_without_it() {
    let (example, empty) = (file(EXAMPLE), file(""));
    let described = |path| with(Some(path), &[]).unwrap().describe();
    assert_eq!(described(example.path()), described(empty.path()));
}

#[test]
fn unknown_settings_are_named_wherever_they_come_from() {
    let text = "base_ulr = \"https://id.example\"\n[smtp]\nform = \"a@b.example\"\n";
    let problems = problems(text, &[("HOSPES__SESIONS__URL", "redis://localhost"), ("PATH", "/bin")]);
    for path in ["base_ulr", "smtp.form", "sesions.url"] {
        assert!(problems.contains(&format!("{path}: is not a setting")), "{problems}");
    }
    assert!(!problems.contains("path:"));
}

#[test]
fn all_problems_come_at_once_with_their_paths() {
    let text = "base_url = \"http://id.example/sub\"\ntrusted_proxies = [\"proxy\"]\nunknown = 1\n\
                [directory]\nurl = \"mysql://localhost\"\n[sessions]\nurl = \"memcached:x\"\n\
                [log]\nformat = \"xml\"\n[tls]\ncertificate = \"a.pem\"\n[outbound]\nallow_loopback = \"perhaps\"\n\
                [smtp]\nurl = \"smtp://mail.example\"\n";
    let problems = problems(text, &[]);
    for path in [
        "base_url",
        "trusted_proxies",
        "unknown",
        "directory.url",
        "sessions.url",
        "log.format",
        "tls.private_key",
        "outbound.allow_loopback",
        "smtp.from",
    ] {
        assert!(problems.contains(&format!("\n  {path}: ")), "{path} is missing in {problems}");
    }
}

#[test]
fn what_cannot_be_parsed_is_a_problem() {
    for (name, value) in [
        ("HOSPES__LISTEN", "everywhere"),
        ("HOSPES__OPERATIONS_LISTEN", "localhost"),
        ("HOSPES__WORKERS", "many"),
        ("HOSPES__BASE_URL", "id.example"),
        ("HOSPES__BASE_URL", "http://id.example"),
        ("HOSPES__BASE_URL", "https://id.example/?q"),
        ("HOSPES__SMTP__URL", "mail.example"),
        ("HOSPES__SMTP__URL", "http://mail.example"),
    ] {
        let path = name.trim_start_matches("HOSPES__").to_lowercase().replace("__", ".");
        let problems = problems("", &[(name, value)]);
        assert!(problems.contains(&format!("{path}: ")), "{problems}");
    }
}

#[test]
fn the_environment_wins_over_the_file() {
    let file = file("base_url = \"https://file.example\"\nlisten = \"127.0.0.1:1\"\n");
    let environment =
        [("HOSPES__BASE_URL", "https://env.example/"), ("HOSPES__TRUSTED_PROXIES", "192.0.2.1, 192.0.2.2")];
    let config = with(Some(file.path()), &environment).unwrap();
    assert_eq!(config.base_url, "https://env.example");
    assert_eq!(config.listen.port(), 1);
    assert_eq!(config.trusted_proxies.len(), 2);
}

#[test]
fn a_secret_can_come_from_a_file_which_must_be_there() {
    let secret = file("postgres://hospes:from-a-file@localhost/hospes\n");
    let path = secret.path().display().to_string();
    let empty = file("");
    let config = with(Some(empty.path()), &[("HOSPES__DIRECTORY__URL_FILE", &path)]).unwrap();
    assert_eq!(config.directory_url, "postgres://hospes:from-a-file@localhost/hospes");
    let problems = problems("", &[("HOSPES__DIRECTORY__URL_FILE", "/nowhere/secret")]);
    assert!(problems.contains("HOSPES__DIRECTORY__URL_FILE: /nowhere/secret cannot be read"), "{problems}");
}

#[test]
fn key_08_no_secret_is_described_or_repeated() {
    let environment = [
        (
            "HOSPES__DIRECTORY__URL",
            "postgres://hospes:hunter2@localhost/hospes?password=hunter2&sslmode=require",
        ),
        ("HOSPES__SESSIONS__URL", "rediss://:hunter2@localhost"),
        ("HOSPES__SMTP__URL", "smtps://hospes:hunter2@mail.example"),
        ("HOSPES__SMTP__FROM", "a@b.example"),
    ];
    let empty = file("");
    let described = with(Some(empty.path()), &environment).unwrap().describe().to_string();
    assert!(!described.contains("hunter2"), "{described}");
    assert!(described.contains("postgres://hospes:***@localhost/hospes?password=***&sslmode=require"));
    for name in ["HOSPES__DIRECTORY__URL", "HOSPES__SESSIONS__URL", "HOSPES__SMTP__URL"] {
        assert!(!problems("", &[(name, "wrong://u:hunter2@localhost")]).contains("hunter2"));
    }
}

#[test]
fn a_file_that_was_named_must_be_there_and_be_toml() {
    assert!(with(Some(Path::new("/nowhere/hospes.toml")), &[]).is_err());
    assert!(problems("base_url = ", &[]).contains("is not TOML"));
}
