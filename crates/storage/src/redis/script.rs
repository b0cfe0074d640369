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
use hospes_idp::ports::{Found, Key, Kind, Presence, Rotation, Spend, Unavailable, Write};
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

const RENEW: &str = r"
if redis.call('EXISTS', KEYS[1]) == 0 then return end
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

// An entry may have been replaced by one that is not remembered here; that one does not count.
const FIND_ALL: &str = r"
local function find_all(index)
    local found = {}
    for _, key in ipairs(redis.call('ZRANGE', index, 0, -1)) do
        local value = redis.call('GET', key)
        local header = value and string.match(value, '^[pf]([^\n]*)\n')
        if header and string.find(' ' .. header .. ' ', ' ' .. index .. ' ', 1, true) then
            found[#found + 1] = key
            found[#found + 1] = value
        end
    end
    return found
end
";

const FIND: &str = r"return find_all(KEYS[1])";

const END: &str = r"
local found = find_all(KEYS[1])
for at = 1, #found, 2 do redis.call('DEL', found[at]) end
redis.call('DEL', KEYS[1])
return found
";

/// A script the server knows by its hash.
pub(super) struct Script {
    code: String,
    hash: String,
}

impl Script {
    fn new(body: &str) -> Self {
        let code = format!("{REMEMBER}{FIND_ALL}{body}");
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
    renew: Script,
    pub(super) swap: Script,
    pub(super) spend: Script,
    pub(super) rotate: Script,
    pub(super) increment: Script,
    pub(super) find_all: Script,
    pub(super) end_all: Script,
}

impl Scripts {
    pub(super) fn new() -> Self {
        Self {
            put: Script::new(PUT),
            renew: Script::new(RENEW),
            swap: Script::new(SWAP),
            spend: Script::new(SPEND),
            rotate: Script::new(ROTATE),
            increment: Script::new(INCREMENT),
            find_all: Script::new(FIND),
            end_all: Script::new(END),
        }
    }

    /// Commands that make all of them known.
    pub(super) fn load(&self) -> Pipeline {
        let mut pipeline = redis::pipe();
        let more = [&self.renew, &self.find_all, &self.end_all];
        let all = [&self.put, &self.swap, &self.spend, &self.rotate, &self.increment].into_iter().chain(more);
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
            Write::Renew { key, value, ttl, indexes } => {
                let keys: Vec<&Key> = std::iter::once(key).chain(indexes).collect();
                let mut renew = self.renew.call(&keys);
                renew.arg(frame_plain(indexes, value)).arg(millis(*ttl));
                renew
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

/// Keys and values in turn, of the entries an index remembers.
pub(super) fn found_of(answer: Vec<Vec<u8>>) -> Vec<Found> {
    let mut answer = answer.into_iter();
    let mut found = Vec::new();
    while let (Some(key), Some(framed)) = (answer.next(), answer.next()) {
        let kind = std::str::from_utf8(&key).ok().and_then(|key| Kind::parse(key.split(':').nth(2)?));
        let value = if framed.first() == Some(&b'f') { Some(Bytes::new()) } else { plain_of(framed) };
        found.extend(kind.zip(value).map(|(kind, value)| Found { kind, value }));
    }
    found
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
