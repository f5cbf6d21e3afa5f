//! The framing of PostgreSQL's protocol, version 3: as much as it takes to tell one exchange from the next.
//!
//! A message is a type (one byte), a length (four bytes, which count themselves) and contents. Only a client's first
//! message, the startup packet, has no type.

use std::collections::VecDeque;

/// Cuts a stream of bytes into messages and tells the type of each when its header is complete.
#[derive(Debug)]
pub(super) struct Frames {
    /// The header so far: type and length.
    header: [u8; 5],
    filled: usize,
    /// How much of the contents is still to come.
    remaining: usize,
}

/// Stands for the type of a message that has none.
pub(super) const STARTUP: u8 = 0;

impl Frames {
    /// What a client sends, from its startup packet on.
    pub(super) fn of_client() -> Self {
        // As if the type had been read.
        Self { header: [STARTUP, 0, 0, 0, 0], filled: 1, remaining: 0 }
    }

    /// What a server sends to a client that did not ask for encryption.
    pub(super) fn of_server() -> Self {
        Self { header: [0; 5], filled: 0, remaining: 0 }
    }

    pub(super) fn read(&mut self, mut bytes: &[u8], mut message: impl FnMut(u8)) {
        while !bytes.is_empty() {
            if self.remaining > 0 {
                let skipped = self.remaining.min(bytes.len());
                self.remaining -= skipped;
                bytes = &bytes[skipped..];
                continue;
            }
            self.header[self.filled] = bytes[0];
            self.filled += 1;
            bytes = &bytes[1..];
            if self.filled == self.header.len() {
                let [kind, length @ ..] = self.header;
                self.filled = 0;
                self.remaining = (u32::from_be_bytes(length) as usize).saturating_sub(length.len());
                message(kind);
            }
        }
    }
}

/// What one connection has asked and not yet been answered.
#[derive(Debug, Default)]
pub(super) struct Exchanges {
    ready: bool,
    /// What was sent since the last message that asks for an answer.
    open: Vec<&'static str>,
    asked: VecDeque<Asked>,
}

#[derive(Debug)]
struct Asked {
    messages: Vec<&'static str>,
    until: Answer,
}

/// What ends an answer.
#[derive(Debug, PartialEq, Eq)]
enum Answer {
    /// `ReadyForQuery`.
    Ready,
    /// Whatever comes first: a `Flush` asks for what there is.
    Any,
}

impl Exchanges {
    /// A message of the client.
    pub(super) fn sent(&mut self, kind: u8) {
        // Startup and passwords; `Terminate` is not answered.
        if !self.ready || kind == b'X' {
            return;
        }
        let (name, asks) = match kind {
            b'B' => ("Bind", None),
            b'C' => ("Close", None),
            b'D' => ("Describe", None),
            b'E' => ("Execute", None),
            b'F' => ("FunctionCall", Some(Answer::Ready)),
            b'H' => ("Flush", Some(Answer::Any)),
            b'P' => ("Parse", None),
            b'Q' => ("Query", Some(Answer::Ready)),
            b'S' => ("Sync", Some(Answer::Ready)),
            b'c' => ("CopyDone", None),
            b'd' => ("CopyData", None),
            b'f' => ("CopyFail", None),
            _ => ("unknown", None),
        };
        self.open.push(name);
        if let Some(until) = asks {
            self.asked.push_back(Asked { messages: std::mem::take(&mut self.open), until });
        }
    }

    /// A message of the server. When it ends an answer: what the client had sent to get it.
    pub(super) fn received(&mut self, kind: u8) -> Option<Vec<&'static str>> {
        // Notices, parameters and notifications answer nothing.
        if matches!(kind, b'N' | b'S' | b'A') {
            return None;
        }
        let is_ready = kind == b'Z';
        if !self.ready {
            self.ready = is_ready;
            return None;
        }
        let ended = match self.asked.front()?.until {
            Answer::Ready => is_ready,
            Answer::Any => true,
        };
        if ended { self.asked.pop_front().map(|asked| asked.messages) } else { None }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn message(kind: u8, contents: &[u8]) -> Vec<u8> {
        let length = u32::try_from(contents.len() + 4).unwrap();
        [&[kind][..], &length.to_be_bytes(), contents].concat()
    }

    fn startup() -> Vec<u8> {
        message(STARTUP, b"\0\x03\0\0user\0app\0\0")[1..].to_vec()
    }

    #[test]
    fn messages_are_told_apart_however_the_stream_is_cut() {
        let stream =
            [startup(), message(b'p', b"secret\0"), message(b'S', b""), message(b'Q', b"SELECT 'S'\0")]
                .concat();
        for size in 1..=stream.len() {
            let (mut frames, mut kinds) = (Frames::of_client(), Vec::new());
            for part in stream.chunks(size) {
                frames.read(part, |kind| kinds.push(kind));
            }
            assert_eq!(kinds, [STARTUP, b'p', b'S', b'Q'], "in parts of {size}");
        }
    }

    /// A connection that has been through `sent` and `received`, in this order: what it counts.
    fn count(talk: &[(char, &str)]) -> Vec<String> {
        let mut exchanges = Exchanges::default();
        assert_eq!(exchanges.received(b'R'), None);
        assert_eq!(exchanges.received(b'Z'), None);
        let mut ended = Vec::new();
        for (side, kinds) in talk {
            for kind in kinds.bytes() {
                match side {
                    '>' => exchanges.sent(kind),
                    _ => ended.extend(exchanges.received(kind).map(|messages| messages.join(" "))),
                }
            }
        }
        ended
    }

    #[test]
    fn an_exchange_ends_when_the_server_is_ready() {
        assert_eq!(count(&[('>', "BECS"), ('<', "2DDC3"), ('<', "Z")]), ["Bind Execute Close Sync"]);
        assert_eq!(count(&[('>', "BES"), ('<', "2DDC")]), [""; 0]);
        assert_eq!(count(&[('>', "Q"), ('<', "NTSDACZ"), ('>', "X")]), ["Query"]);
    }

    #[test]
    fn messages_sent_without_waiting_are_exchanges_of_their_own() {
        assert_eq!(count(&[('>', "QBES"), ('<', "CZ2CZ")]), ["Query", "Bind Execute Sync"]);
    }

    #[test]
    fn a_flush_is_waited_for_too() {
        assert_eq!(
            count(&[('>', "PDH"), ('<', "1tT"), ('>', "BES"), ('<', "2CZ")]),
            ["Parse Describe Flush", "Bind Execute Sync"]
        );
    }

    #[test]
    fn the_startup_is_not_counted() {
        let mut exchanges = Exchanges::default();
        exchanges.sent(STARTUP);
        assert_eq!(exchanges.received(b'R'), None);
        exchanges.sent(b'p');
        for kind in *b"RSSKZ" {
            assert_eq!(exchanges.received(kind), None);
        }
        exchanges.sent(b'Q');
        assert_eq!(exchanges.received(b'Z'), Some(vec!["Query"]));
    }
}
