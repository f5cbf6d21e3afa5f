//! What makes the three tenants differ: rules over the published rows, the same ids in all of them.
//!
//! Every tenant knows the ids of the others, so that a join that forgets the tenant finds rows, and every value that a
//! report may show is another one somewhere, so that a row of another tenant shows.

use std::collections::BTreeSet;

use chrono::Duration;
use rust_decimal::{Decimal, RoundingStrategy};

use super::data::Data;

impl Data {
    /// The rows of a tenant: 1, 2 or 3.
    pub fn of(tenant: usize) -> Self {
        let mut data = Self::published();
        match tenant {
            1 => data.without_the_invoices_of(&[58, 59]),
            2 => data.second(),
            3 => data.third(),
            _ => panic!("there are three tenants"),
        }
        data.with_nulls(tenant);
        data.with_totals(tenant);
        data
    }

    /// Dearer, with fewer tracks and invoices, and everything longer and later.
    fn second(&mut self) {
        let dearer = |price: Decimal| {
            (price * Decimal::new(137, 2)).round_dp_with_strategy(2, RoundingStrategy::MidpointAwayFromZero)
        };
        self.sell_to_others(2);
        self.without_the_invoices_of(&[10, 11, 12]);
        self.retain_invoices(|invoice, _| invoice % 7 != 3);
        let gone = |track: i32| track % 13 == 5;
        self.tracks.retain(|track| !gone(track.id));
        self.playlist_tracks.retain(|link| !gone(link.track_id));
        self.invoice_lines.retain(|line| !gone(line.track_id));
        for track in &mut self.tracks {
            track.unit_price = dearer(track.unit_price);
            track.milliseconds += track.milliseconds / 14;
        }
        for line in &mut self.invoice_lines {
            line.unit_price = dearer(line.unit_price);
            line.quantity += i32::from(line.id % 5 == 0);
        }
        let moved = |customer: i32| customer % 10 == 0;
        for customer in &mut self.customers {
            customer.support_rep_id = customer.support_rep_id.map(|employee| 3 + (employee - 2) % 3);
            if customer.id % 4 == 0 {
                customer.company = None;
            }
            if moved(customer.id) {
                customer.country = Some("Iceland".to_owned());
            }
        }
        for invoice in &mut self.invoices {
            invoice.invoice_date += Duration::days(11);
            if moved(invoice.customer_id) {
                invoice.billing_country = Some("Iceland".to_owned());
            }
        }
        for employee in &mut self.employees {
            employee.hire_date = employee.hire_date.map(|date| date + Duration::days(400));
            if employee.id == 8 {
                employee.reports_to = Some(7);
            }
        }
    }

    /// Written in capitals, filed under other genres and playlists, sold in other numbers by another hierarchy.
    fn third(&mut self) {
        self.sell_to_others(3);
        self.without_the_invoices_of(&[1, 20, 33, 47]);
        let shout = |text: &mut String| *text = text.to_uppercase();
        let maybe_shout = |text: &mut Option<String>| *text = text.take().map(|text| text.to_uppercase());
        self.artists.iter_mut().for_each(|artist| maybe_shout(&mut artist.name));
        self.albums.iter_mut().for_each(|album| shout(&mut album.title));
        self.genres.iter_mut().for_each(|genre| maybe_shout(&mut genre.name));
        self.media_types.iter_mut().for_each(|kind| maybe_shout(&mut kind.name));
        self.playlists.iter_mut().for_each(|playlist| maybe_shout(&mut playlist.name));
        for track in &mut self.tracks {
            shout(&mut track.name);
            track.milliseconds += track.id * 37 % 5000;
            track.genre_id = track.genre_id.map(|genre| genre % 25 + 1);
            if track.id % 6 == 0 {
                track.unit_price = Decimal::new(129, 2);
            }
        }
        // A playlist holds a track once: what is moved to where it is already falls away.
        let mut links = BTreeSet::new();
        self.playlist_tracks.retain_mut(|link| {
            if link.track_id % 11 == 0 {
                link.playlist_id = link.playlist_id % 18 + 1;
            }
            links.insert((link.playlist_id, link.track_id))
        });
        for line in &mut self.invoice_lines {
            line.quantity += 2 * i32::from(line.id % 4 == 0);
        }
        for invoice in &mut self.invoices {
            invoice.invoice_date -= Duration::days(45);
        }
        for customer in &mut self.customers {
            shout(&mut customer.first_name);
            shout(&mut customer.last_name);
            maybe_shout(&mut customer.city);
        }
        for employee in &mut self.employees {
            shout(&mut employee.last_name);
            employee.hire_date = employee.hire_date.map(|date| date - Duration::days(100));
            employee.reports_to = match employee.id {
                4 | 5 => Some(3),
                7 => Some(1),
                _ => employee.reports_to,
            };
        }
    }

    /// Other customers, tracks, albums and artists behind some of the same ids. Were only values to differ, EXISTS would be true of
    /// another tenant's rows wherever it is true of one's own.
    fn sell_to_others(&mut self, tenant: i32) {
        for invoice in self.invoices.iter_mut().filter(|invoice| invoice.id % 6 == tenant) {
            invoice.customer_id = invoice.customer_id % 59 + 1;
        }
        for line in self.invoice_lines.iter_mut().filter(|line| line.id % 5 == tenant) {
            line.track_id = (line.track_id + 500 * tenant) % 3503 + 1;
            line.invoice_id = line.invoice_id % 412 + 1;
        }
        for album in self.albums.iter_mut().filter(|album| album.id % 8 == tenant) {
            album.artist_id = album.artist_id % 275 + 1;
        }
        for track in self.tracks.iter_mut().filter(|track| track.id % 23 == tenant) {
            track.album_id = track.album_id.map(|album| album % 347 + 1);
        }
    }

    fn without_the_invoices_of(&mut self, customers: &[i32]) {
        self.retain_invoices(|_, customer| !customers.contains(&customer));
    }

    /// Keeps the invoices whose id and customer fit, with their lines.
    fn retain_invoices(&mut self, fits: impl Fn(i32, i32) -> bool) {
        self.invoices.retain(|invoice| fits(invoice.id, invoice.customer_id));
        let left: BTreeSet<i32> = self.invoices.iter().map(|invoice| invoice.id).collect();
        self.invoice_lines.retain(|line| left.contains(&line.invoice_id));
    }

    /// Tracks on no album or of no genre, which the published rows lack.
    fn with_nulls(&mut self, tenant: usize) {
        let tenant = i32::try_from(tenant).expect("a small number");
        for track in &mut self.tracks {
            if track.id % 97 == tenant {
                track.album_id = None;
            }
            if track.id % 89 == tenant {
                track.genre_id = None;
            }
            if track.id % 50 == tenant {
                track.bytes = None;
            }
        }
    }

    /// Totals that are those of the lines, but for a discount here and there.
    fn with_totals(&mut self, tenant: usize) {
        for invoice in &mut self.invoices {
            let lines = self.invoice_lines.iter().filter(|line| line.invoice_id == invoice.id);
            invoice.total = lines.map(|line| line.unit_price * Decimal::from(line.quantity)).sum();
            if usize::try_from(invoice.id).expect("ids are positive") % 29 == tenant {
                invoice.total -= Decimal::new(50, 2);
            }
        }
    }
}
