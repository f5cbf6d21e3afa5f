//! The testkit against real servers. One binary, so that it is linked once.

mod authority;
mod databases;
mod round_trips;
mod watchdog;
