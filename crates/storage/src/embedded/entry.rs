//! What the embedded store keeps under a key, and how it stands in the file. The only place that knows the layout:
//! `expires_at: i64 | indexes: u8 | index: 64 bytes each | tag: u8 | fields`, numbers little-endian.

use bytes::Bytes;
use hospes_idp::ports::{Key, Kind};

/// A [`Key`] as 64 bytes: hash, tenant, kind padded with zeros. Told apart from every other key, and needs no parsing.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub(super) struct Name(pub(super) [u8; 64]);

impl Name {
    pub(super) fn of(key: &Key) -> Self {
        let parts = [key.hash.as_slice(), key.tenant.0.as_bytes(), key.kind.as_str().as_bytes()];
        let mut name = [0; 64];
        let bytes = parts.into_iter().flatten();
        name.iter_mut().zip(bytes).for_each(|(to, from)| *to = *from);
        Self(name)
    }

    pub(super) fn kind(&self) -> Option<Kind> {
        let kind = std::str::from_utf8(self.0.get(48..)?).ok()?;
        Kind::parse(kind.trim_end_matches('\0'))
    }

    /// Uniformly distributed, because the first byte is of a hash.
    pub(super) fn shard(&self) -> usize {
        usize::from(self.0[0])
    }
}

/// What kind of value it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Value {
    Plain(Bytes),
    Spendable {
        holder: [u8; 32],
        value: Bytes,
        spent: bool,
    },
    Family {
        generation: u32,
        /// Milliseconds since the epoch.
        rotated_at: i64,
    },
    Count(u64),
}

/// A value with its lifetime.
#[derive(Clone, PartialEq, Eq)]
pub(super) struct Entry {
    /// Milliseconds since the epoch; from then on it is not there.
    pub(super) expires_at: i64,
    pub(super) indexes: Vec<Name>,
    pub(super) value: Value,
}

const PLAIN: u8 = 1;
const UNSPENT: u8 = 2;
const SPENT: u8 = 3;
const FAMILY: u8 = 4;
const COUNT: u8 = 5;

impl Entry {
    pub(super) fn encode(&self) -> Vec<u8> {
        let mut out = self.expires_at.to_le_bytes().to_vec();
        let indexes = self.indexes.iter().take(usize::from(u8::MAX));
        out.push(u8::try_from(indexes.len()).unwrap_or(u8::MAX));
        indexes.for_each(|index| out.extend_from_slice(&index.0));
        match &self.value {
            Value::Plain(value) => {
                out.push(PLAIN);
                out.extend_from_slice(value);
            }
            Value::Spendable { holder, value, spent } => {
                out.push(if *spent { SPENT } else { UNSPENT });
                out.extend_from_slice(holder);
                out.extend_from_slice(value);
            }
            Value::Family { generation, rotated_at } => {
                out.push(FAMILY);
                out.extend_from_slice(&generation.to_le_bytes());
                out.extend_from_slice(&rotated_at.to_le_bytes());
            }
            Value::Count(count) => {
                out.push(COUNT);
                out.extend_from_slice(&count.to_le_bytes());
            }
        }
        out
    }

    /// `None` for anything this version did not write.
    pub(super) fn decode(bytes: &[u8]) -> Option<Self> {
        let (expires_at, rest) = bytes.split_first_chunk()?;
        let (count, mut rest) = rest.split_first()?;
        let mut indexes = Vec::with_capacity(usize::from(*count));
        for _ in 0..*count {
            let (index, after) = rest.split_first_chunk()?;
            indexes.push(Name(*index));
            rest = after;
        }
        let (tag, fields) = rest.split_first()?;
        Some(Self {
            expires_at: i64::from_le_bytes(*expires_at),
            indexes,
            value: decode_value(*tag, fields)?,
        })
    }
}

fn decode_value(tag: u8, fields: &[u8]) -> Option<Value> {
    match tag {
        PLAIN => Some(Value::Plain(Bytes::copy_from_slice(fields))),
        UNSPENT | SPENT => {
            let (holder, value) = fields.split_first_chunk()?;
            Some(Value::Spendable {
                holder: *holder,
                value: Bytes::copy_from_slice(value),
                spent: tag == SPENT,
            })
        }
        FAMILY => {
            let (generation, rotated_at) = fields.split_first_chunk()?;
            Some(Value::Family {
                generation: u32::from_le_bytes(*generation),
                rotated_at: i64::from_le_bytes(rotated_at.try_into().ok()?),
            })
        }
        COUNT => Some(Value::Count(u64::from_le_bytes(fields.try_into().ok()?))),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entries() -> Vec<Entry> {
        let values = [
            Value::Plain(Bytes::from_static(b"value")),
            Value::Plain(Bytes::new()),
            Value::Spendable { holder: [7; 32], value: Bytes::from_static(b"code"), spent: true },
            Value::Spendable { holder: [7; 32], value: Bytes::new(), spent: false },
            Value::Family { generation: u32::MAX, rotated_at: i64::MIN },
            Value::Count(u64::MAX),
        ];
        let entry = |value| Entry {
            expires_at: 1_700_000_000_000,
            indexes: vec![Name([1; 64]), Name([2; 64])],
            value,
        };
        values.into_iter().map(entry).collect()
    }

    #[test]
    fn what_is_written_reads_the_same() {
        for entry in entries() {
            assert!(Entry::decode(&entry.encode()) == Some(entry));
        }
    }

    #[test]
    fn red_07_a_damaged_record_is_absent() {
        for entry in entries() {
            let whole = entry.encode();
            let header = 8 + 1 + 2 * 64 + 1;
            for length in 0..header {
                assert!(Entry::decode(&whole[..length]).is_none());
            }
            let mut unknown = whole.clone();
            unknown[header - 1] = 0xff;
            assert!(Entry::decode(&unknown).is_none());
        }
        assert!(Entry::decode(&Entry::encode(&entries()[5])[..142]).is_none());
    }
}
