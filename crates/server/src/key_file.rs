//! The key-encryption key in its file: made at first run, readable by its owner only, never overwritten.

use crate::entropy::random_key;
use anyhow::{Context, Result, bail};
use hospes_idp::vault::Vault;
use hospes_protocol::encoding::{base64url, from_base64url};
use std::fs::{self, OpenOptions};
use std::io::{ErrorKind, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;

/// Name of the file inside the keys directory.
const NAME: &str = "key-encryption-key";

/// Opens the vault, making its key if there is none yet.
pub(crate) fn open_or_create(directory: &Path) -> Result<Vault> {
    fs::create_dir_all(directory)
        .with_context(|| format!("keys.dir {} cannot be made", directory.display()))?;
    let path = directory.join(NAME);
    let made = OpenOptions::new().write(true).create_new(true).mode(0o600).open(&path);
    match made {
        Ok(mut file) => {
            let key = random_key();
            writeln!(file, "{}", base64url(key)).and_then(|()| file.sync_all())?;
            Ok(Vault::new(key))
        }
        Err(error) if error.kind() == ErrorKind::AlreadyExists => open(&path),
        Err(error) => Err(error).with_context(|| format!("{} cannot be written", path.display())),
    }
}

fn open(path: &Path) -> Result<Vault> {
    let text = fs::read_to_string(path).with_context(|| format!("{} cannot be read", path.display()))?;
    let key: Option<[u8; 32]> = from_base64url(text.trim()).and_then(|bytes| bytes.try_into().ok());
    let Some(key) = key else { bail!("{} is not a key: 32 bytes in base64url are expected", path.display()) };
    if key.iter().all(|byte| *byte == 0) {
        bail!("{} holds only zeros; remove it to have a new key made", path.display());
    }
    Ok(Vault::new(key))
}
