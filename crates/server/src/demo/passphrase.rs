//! The demo's passwords: made at first start, kept beside the data, so that nobody has to make one up and none is default.

use crate::entropy::random_key;
use anyhow::{Context, Result};
use std::path::Path;

/// Four groups of four letters; read from the data directory if it was made before.
pub(super) fn open_or_create(data: &Path) -> Result<String> {
    let path = data.join("demo-password");
    if let Ok(existing) = std::fs::read_to_string(&path) {
        return Ok(existing.trim().to_owned());
    }
    let letters: Vec<char> = random_key().iter().take(16).map(|byte| char::from(b'a' + byte % 26)).collect();
    let groups: Vec<String> = letters.chunks(4).map(|group| group.iter().collect()).collect();
    let passphrase = groups.join("-");
    std::fs::write(&path, &passphrase).with_context(|| format!("{} cannot be written", path.display()))?;
    Ok(passphrase)
}
