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
    if path.exists() {
        return open(&path);
    }
    match create(directory, &path) {
        Ok(vault) => Ok(vault),
        Err(error) if error.kind() == ErrorKind::AlreadyExists => open(&path),
        Err(error) => Err(error).with_context(|| format!("{} cannot be written", path.display())),
    }
}

/// Written whole under another name first: a node that starts at the same moment sees a key or none, never half of one.
fn create(directory: &Path, path: &Path) -> std::io::Result<Vault> {
    let key = random_key();
    let draft = directory.join(format!("{NAME}.{}", base64url(&random_key()[..9])));
    let mut file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(&draft)?;
    let linked = writeln!(file, "{}", base64url(key))
        .and_then(|()| file.sync_all())
        .and_then(|()| fs::hard_link(&draft, path));
    fs::remove_file(&draft)?;
    linked.map(|()| Vault::new(key))
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

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn nodes_that_start_at_once_share_one_key() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join(NAME);
        let keys: BTreeSet<String> = std::thread::scope(|scope| {
            let node = || {
                open_or_create(folder.path()).unwrap();
                fs::read_to_string(&path).unwrap()
            };
            let nodes: Vec<_> = (0..20).map(|_| scope.spawn(node)).collect();
            nodes.into_iter().map(|node| node.join().unwrap()).collect()
        });
        assert_eq!(keys.len(), 1);
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1, "no draft is left");
    }

    #[test]
    fn key_06_what_is_no_key_is_refused_with_the_reason() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join(NAME);
        for (text, reason) in [
            (base64url([0; 32]), "holds only zeros"),
            (base64url([7; 31]), "is not a key"),
            (base64url([7; 33]), "is not a key"),
            ("change-me".to_owned(), "is not a key"),
            (String::new(), "is not a key"),
        ] {
            fs::write(&path, &text).unwrap();
            let refusal = open_or_create(folder.path()).unwrap_err().to_string();
            assert!(refusal.contains(reason), "{text:?}: {refusal}");
            assert_eq!(fs::read_to_string(&path).unwrap(), text, "and is not overwritten");
        }
    }
}
