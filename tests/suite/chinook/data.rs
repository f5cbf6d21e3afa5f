//! [`Data`]: the rows of one tenant, as the insert structs of the entities, read from `data/*.tsv`.
//!
//! Where the files come from stands in `README.md` beside this file.

use std::fmt::Debug;
use std::str::FromStr;

use super::entities::*;

/// The rows of all tables.
#[derive(Debug, Clone)]
pub struct Data {
    pub artists: Vec<NewArtist>,
    pub albums: Vec<NewAlbum>,
    pub genres: Vec<NewGenre>,
    pub media_types: Vec<NewMediaType>,
    pub playlists: Vec<NewPlaylist>,
    pub tracks: Vec<NewTrack>,
    pub playlist_tracks: Vec<NewPlaylistTrack>,
    pub employees: Vec<NewEmployee>,
    pub customers: Vec<NewCustomer>,
    pub invoices: Vec<NewInvoice>,
    pub invoice_lines: Vec<NewInvoiceLine>,
}

/// The cells of a line, one after the other.
struct Line<'a>(std::str::Split<'a, char>);

impl Line<'_> {
    fn next<T: FromStr<Err: Debug>>(&mut self) -> T {
        self.maybe().expect("a column that is never NULL")
    }

    fn maybe<T: FromStr<Err: Debug>>(&mut self) -> Option<T> {
        let cell = self.0.next().expect("a cell for each column");
        (cell != "\\N").then(|| cell.parse().expect("a cell of the column's type"))
    }
}

fn rows<T>(text: &str, row: impl Fn(&mut Line<'_>) -> T) -> Vec<T> {
    text.lines()
        .map(|line| {
            let mut cells = Line(line.split('\t'));
            let row = row(&mut cells);
            assert_eq!(cells.0.next(), None, "a column for each cell");
            row
        })
        .collect()
}

impl Data {
    /// Chinook as it is published.
    pub fn published() -> Self {
        // Fields of a struct expression are evaluated in the order in which they are written: that of the columns.
        Self {
            artists: rows(include_str!("data/artist.tsv"), |c| NewArtist { id: c.next(), name: c.maybe() }),
            albums: rows(include_str!("data/album.tsv"), |c| NewAlbum {
                id: c.next(),
                title: c.next(),
                artist_id: c.next(),
            }),
            genres: rows(include_str!("data/genre.tsv"), |c| NewGenre { id: c.next(), name: c.maybe() }),
            media_types: rows(include_str!("data/media_type.tsv"), |c| NewMediaType {
                id: c.next(),
                name: c.maybe(),
            }),
            playlists: rows(include_str!("data/playlist.tsv"), |c| NewPlaylist {
                id: c.next(),
                name: c.maybe(),
            }),
            tracks: rows(include_str!("data/track.tsv"), |c| NewTrack {
                id: c.next(),
                name: c.next(),
                album_id: c.maybe(),
                media_type_id: c.next(),
                genre_id: c.maybe(),
                composer: c.maybe(),
                milliseconds: c.next(),
                bytes: c.maybe(),
                unit_price: c.next(),
            }),
            playlist_tracks: rows(include_str!("data/playlist_track.tsv"), |c| NewPlaylistTrack {
                playlist_id: c.next(),
                track_id: c.next(),
            }),
            employees: rows(include_str!("data/employee.tsv"), |c| NewEmployee {
                id: c.next(),
                last_name: c.next(),
                first_name: c.next(),
                title: c.maybe(),
                reports_to: c.maybe(),
                birth_date: c.maybe(),
                hire_date: c.maybe(),
                address: c.maybe(),
                city: c.maybe(),
                state: c.maybe(),
                country: c.maybe(),
                postal_code: c.maybe(),
                phone: c.maybe(),
                fax: c.maybe(),
                email: c.maybe(),
            }),
            customers: rows(include_str!("data/customer.tsv"), |c| NewCustomer {
                id: c.next(),
                first_name: c.next(),
                last_name: c.next(),
                company: c.maybe(),
                address: c.maybe(),
                city: c.maybe(),
                state: c.maybe(),
                country: c.maybe(),
                postal_code: c.maybe(),
                phone: c.maybe(),
                fax: c.maybe(),
                email: c.next(),
                support_rep_id: c.maybe(),
            }),
            invoices: rows(include_str!("data/invoice.tsv"), |c| NewInvoice {
                id: c.next(),
                customer_id: c.next(),
                invoice_date: c.next(),
                billing_address: c.maybe(),
                billing_city: c.maybe(),
                billing_state: c.maybe(),
                billing_country: c.maybe(),
                billing_postal_code: c.maybe(),
                total: c.next(),
            }),
            invoice_lines: rows(include_str!("data/invoice_line.tsv"), |c| NewInvoiceLine {
                id: c.next(),
                invoice_id: c.next(),
                track_id: c.next(),
                unit_price: c.next(),
                quantity: c.next(),
            }),
        }
    }
}
