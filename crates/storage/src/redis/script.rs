//! Layouts of values in Redis and the scripts that change them. The only place that knows either.
//!
//! | kind | value |
//! |---|---|
//! | plain | `p`, keys of its indexes separated by spaces, line feed, the value |
//! | spendable | `s` (or `x` once spent), 32 bytes of holder, the value |
//! | family | `f`, keys of its indexes, line feed, `generation:rotated-at` |
//! | counter | decimal digits |
//! | index | sorted set of keys by the time they expire; lives as long as the longest of them |
//!
//! An entry names its indexes, so that whoever extends its life extends theirs.

use super::millis;
use bytes::Bytes;
use hospes_idp::ports::{Key, Presence, Rotation, Spend, Unavailable, Write};
use redis::{Cmd, Pipeline, Script as Source, cmd};

/// Remembers `key` for `ttl` milliseconds under the indexes of a header.
const REMEMBER: &str = r"
local function remember(key, header, ttl)
    if header == '' then return end
    local time = redis.call('TIME')
    local now = time[1] * 1000 + math.floor(time[2] / 1000)
    for index in string.gmatch(header, '%S+') do
        redis.call('ZREMRANGEBYSCORE', index, '-inf', now)
        redis.call('ZADD', index, now + ttl, key)
        if redis.call('PTTL', index) < tonumber(ttl) then redis.call('PEXPIRE', index, ttl) end
    end
end
";

const PUT: &str = r"
redis.call('SET', KEYS[1], ARGV[1], 'PX', ARGV[2])
remember(KEYS[1], table.concat(KEYS, ' ', 2), ARGV[2])
";

const SWAP: &str = r"
local value = redis.call('GET', KEYS[1])
local header = value and string.match(value, '^p([^\n]*)\n')
if not header or string.sub(value, #header + 3) ~= ARGV[1] then return 0 end
redis.call('SET', KEYS[1], 'p' .. header .. '\n' .. ARGV[2], 'PX', ARGV[3])
remember(KEYS[1], header, ARGV[3])
return 1
";

const SPEND: &str = r"
local value = redis.call('GET', KEYS[1])
local tag = value and string.sub(value, 1, 1)
if tag ~= 's' and tag ~= 'x' then return 'u' end
if string.sub(value, 2, 33) ~= ARGV[1] then return 'n' end
if tag == 's' then redis.call('SETRANGE', KEYS[1], 0, 'x') end
return tag .. string.sub(value, 34)
";

const ROTATE: &str = r"
local value = redis.call('GET', KEYS[1])
if not value then return 'gone' end
local header, current, rotated_at = string.match(value, '^f([^\n]*)\n(%d+):(%-?%d+)$')
if not header then return 'gone' end
local presented = tonumber(ARGV[1])
current = tonumber(current)
if presented == current then
    local next = string.format('%.0f', current + 1)
    redis.call('SET', KEYS[1], 'f' .. header .. '\n' .. next .. ':' .. ARGV[2], 'PX', ARGV[4])
    remember(KEYS[1], header, ARGV[4])
    return 'rotated'
end
if presented + 1 == current and tonumber(ARGV[2]) - tonumber(rotated_at) < tonumber(ARGV[3]) then
    return 'same'
end
redis.call('DEL', KEYS[1])
return 'reused'
";

const INCREMENT: &str = r"
local count = redis.call('INCR', KEYS[1])
if count == 1 then redis.call('PEXPIRE', KEYS[1], ARGV[1]) end
return count
";

// An entry may have been replaced by one that is not remembered here; that one stays.
const END_ALL: &str = r"
local ended = 0
for _, key in ipairs(redis.call('ZRANGE', KEYS[1], 0, -1)) do
    local value = redis.call('GET', key)
    local header = value and string.match(value, '^[pf]([^\n]*)\n')
    if header and string.find(' ' .. header .. ' ', ' ' .. KEYS[1] .. ' ', 1, true) then
        ended = ended + redis.call('DEL', key)
    end
end
redis.call('DEL', KEYS[1])
return ended
";

/// A script the server knows by its hash.
pub(super) struct Script {
    code: String,
    hash: String,
}

impl Script {
    fn new(body: &str) -> Self {
        let code = format!("{REMEMBER}{body}");
        let hash = Source::new(&code).get_hash().to_owned();
        Self { code, hash }
    }

    /// The command that runs it; arguments are added by the caller.
    pub(super) fn call(&self, keys: &[&Key]) -> Cmd {
        let mut call = cmd("EVALSHA");
        call.arg(&self.hash).arg(keys.len());
        for key in keys {
            call.arg(key.text());
        }
        call
    }
}

pub(super) struct Scripts {
    put: Script,
    pub(super) swap: Script,
    pub(super) spend: Script,
    pub(super) rotate: Script,
    pub(super) increment: Script,
    pub(super) end_all: Script,
}

impl Scripts {
    pub(super) fn new() -> Self {
        Self {
            put: Script::new(PUT),
            swap: Script::new(SWAP),
            spend: Script::new(SPEND),
            rotate: Script::new(ROTATE),
            increment: Script::new(INCREMENT),
            end_all: Script::new(END_ALL),
        }
    }

    /// Commands that make all of them known.
    pub(super) fn load(&self) -> Pipeline {
        let mut pipeline = redis::pipe();
        let all = [&self.put, &self.swap, &self.spend, &self.rotate, &self.increment, &self.end_all];
        for script in all {
            pipeline.cmd("SCRIPT").arg("LOAD").arg(&script.code);
        }
        pipeline
    }

    /// The command for one write of a batch.
    pub(super) fn command(&self, write: &Write) -> Cmd {
        match write {
            Write::Put { key, value, ttl, indexes } => {
                self.put(key, &frame_plain(indexes, value), millis(*ttl), indexes)
            }
            Write::PutSpendable { key, holder, value, ttl } => {
                self.put(key, &[b"s", holder.as_slice(), value].concat(), millis(*ttl), &[])
            }
            Write::PutFamily { key, ttl, indexes } => {
                let value = [b"f", header(indexes).as_bytes(), b"\n0:0"].concat();
                self.put(key, &value, millis(*ttl), indexes)
            }
            Write::Delete(key) => {
                let mut delete = cmd("DEL");
                delete.arg(key.text());
                delete
            }
        }
    }

    fn put(&self, key: &Key, value: &[u8], ttl: u64, indexes: &[Key]) -> Cmd {
        if indexes.is_empty() {
            let mut set = cmd("SET");
            set.arg(key.text()).arg(value).arg("PX").arg(ttl);
            return set;
        }
        let keys: Vec<&Key> = std::iter::once(key).chain(indexes).collect();
        let mut put = self.put.call(&keys);
        put.arg(value).arg(ttl);
        put
    }
}

fn header(indexes: &[Key]) -> String {
    let texts: Vec<String> = indexes.iter().map(Key::text).collect();
    texts.join(" ")
}

pub(super) fn frame_plain(indexes: &[Key], value: &[u8]) -> Vec<u8> {
    [b"p", header(indexes).as_bytes(), b"\n", value].concat()
}

/// The value of a plain entry. Anything else under the key counts as absent: it is another version's or another kind's.
pub(super) fn plain_of(framed: Vec<u8>) -> Option<Bytes> {
    let start = framed.iter().position(|byte| *byte == b'\n').map(|end| end + 1);
    if let (Some(b'p'), Some(start)) = (framed.first(), start) {
        return Some(Bytes::from(framed).slice(start..));
    }
    tracing::error!("Redis holds a value of another kind under a key of ours");
    None
}

/// A family ends with its generation and when that was rotated.
pub(super) fn presence_of(framed: &[u8]) -> Presence {
    let generation = || {
        let state = std::str::from_utf8(framed).ok()?.strip_prefix('f')?.rsplit_once('\n')?.1;
        state.split_once(':')?.0.parse().ok()
    };
    generation().map_or(Presence::Present, Presence::Family)
}

pub(super) fn spend_of(mut answer: Vec<u8>) -> Result<Spend, Unavailable> {
    let tag = answer.first().copied();
    let value = Bytes::from(answer.split_off(answer.len().min(1)));
    match tag {
        Some(b's') => Ok(Spend::First(value)),
        Some(b'x') => Ok(Spend::Again(value)),
        Some(b'n') => Ok(Spend::NotYours),
        Some(b'u') => Ok(Spend::Unknown),
        _ => Err(Unavailable("Redis answered a script with something else".to_owned())),
    }
}

pub(super) fn rotation_of(answer: &str) -> Result<Rotation, Unavailable> {
    match answer {
        "rotated" => Ok(Rotation::Rotated),
        "same" => Ok(Rotation::SameAgain),
        "reused" => Ok(Rotation::Reused),
        "gone" => Ok(Rotation::Gone),
        _ => Err(Unavailable("Redis answered a script with something else".to_owned())),
    }
}
