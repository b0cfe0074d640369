//! Cursors of lists as the outside sees them: the key of the last item with a seal over tenant, caller and list, so that one
//! cannot be made up, or carried to another list, filter, caller or tenant (API-15).

use super::{Admin, AdminError};
use crate::vault::Purpose;
use hospes_protocol::encoding::{base64url, from_base64url};
use subtle::ConstantTimeEq;

/// Bytes of the seal that go into a cursor.
const SEAL: usize = 16;

impl Admin<'_> {
    /// The cursor that continues `list` after `key`.
    pub fn cursor(&self, list: &str, key: &str) -> String {
        let mut bytes = self.seal(list, key.as_bytes()).to_vec();
        bytes.extend_from_slice(key.as_bytes());
        base64url(bytes)
    }

    /// The key in a cursor of `list`; refused if the cursor is not one of ours for this list.
    pub fn key_of(&self, list: &str, cursor: &str) -> Result<String, AdminError> {
        let refused = || AdminError::invalid("after must be the next of the page before, of the same list");
        let bytes = from_base64url(cursor).ok_or_else(refused)?;
        let (seal, key) = bytes.split_at_checked(SEAL).ok_or_else(refused)?;
        if !bool::from(seal.ct_eq(&self.seal(list, key))) {
            return Err(refused());
        }
        String::from_utf8(key.to_vec()).map_err(|_| refused())
    }

    fn seal(&self, list: &str, key: &[u8]) -> [u8; SEAL] {
        let caller = format!("{:?}", self.actor);
        let parts: [&[u8]; 4] = [self.tenant.id.0.as_bytes(), caller.as_bytes(), list.as_bytes(), key];
        let mut seal = [0; SEAL];
        seal.iter_mut().zip(self.idp.vault.mac(Purpose::Cursor, &parts)).for_each(|(to, from)| *to = from);
        seal
    }
}
