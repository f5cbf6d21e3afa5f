//! The whole service over real sockets: what its users do, and what others try.
//!
//! Each test has a service, a provider and a database of its own. An attack comes after the proof that what is attacked is
//! there, and that its owner can do the same.

mod browser;
mod chromium;
mod credentials;
mod events;
mod login;
mod members;
mod rotation;
mod sides;
mod world;
