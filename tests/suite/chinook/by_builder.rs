//! The reports that are expected of the builder, by the builder: with both locks, and by the predicates alone.

use chrono::{TimeZone as _, Utc};
use rust_decimal::Decimal;
use tenancy::Error;
use tenancy::statement::{Filter, count};

use super::entities::*;
use super::reports::{Kind, Report};
use super::*;

fn cents(cents: i64) -> Decimal {
    Decimal::new(cents, 2)
}

/// The report of this name, for one tenant.
#[expect(clippy::too_many_lines, reason = "a table: one report after the other")]
async fn by_builder(name: &str, db: &TenantDb, token: &TenantToken) -> Result<Vec<Texts>, Error> {
    macro_rules! texts {
        ($query:expr) => {
            $query.fetch_all(db).await?.iter().map(Cells::cells).collect()
        };
    }
    Ok(match name {
        "long_tracks" => texts!(
            Track::find(token)
                .inner_join(|t| t.album_id)
                .inner_join(|(_, al)| al.artist_id)
                .filter(|(t, ..)| t.milliseconds.gt(400_000).and(t.composer.is_not_null()))
                .order_by(|(_, _, ar)| ar.name.asc())
                .order_by(|(_, al, _)| al.title.asc())
                .order_by(|(t, ..)| t.id.asc())
                .limit(200)
                .select(|(t, al, ar)| (t.id, t.name, al.title, ar.name))
        ),
        "tracks_off_albums" => texts!(
            Track::find(token)
                .left_join(|t| t.album_id)
                .left_join(|(t, _)| t.genre_id)
                .filter(|(_, al, g)| al.id.is_null().or(g.id.is_null()))
                .order_by(|(t, ..)| t.id.asc())
                .select(|(t, al, g)| (t.id, t.name, al.title, g.name))
        ),
        "albums_by_artist" => texts!(
            Artist::find(token)
                .inner_join_many(Album::columns().artist_id)
                .group_by(|(ar, _)| (ar.id, ar.name))
                .having(|_| count().ge(3))
                .order_by(|_, _| count().desc())
                .order_by(|(id, _), _| id.asc())
                .select(|(id, name), _| (id, name, count()))
        ),
        "artists_without_albums" => texts!(
            Artist::find(token)
                .filter(|ar| ar.not_exists(Album::columns().artist_id, |_| Filter::all([])))
                .order_by(|ar| ar.id.asc())
                .select(|ar| (ar.id, ar.name))
        ),
        "customers_without_invoices" => texts!(
            Customer::find(token)
                .left_join_many(Invoice::columns().customer_id)
                .filter(|(_, i)| i.id.is_null())
                .order_by(|(c, _)| c.id.asc())
                .select(|(c, _)| (c.id, c.first_name, c.last_name, c.country))
        ),
        "customers_with_a_large_invoice" => texts!(
            Customer::find(token)
                .filter(|c| c.exists(Invoice::columns().customer_id, |i| i.total.ge(Decimal::from(17))))
                .order_by(|c| c.id.asc())
                .select(|c| (c.id, c.last_name, c.email))
        ),
        "invoices_by_country" => texts!(
            Invoice::find(token).group_by(|i| i.billing_country).order_by(|country, _| country.asc()).select(
                |country, i| {
                    (country, count(), i.total.sum(), i.total.avg(), i.total.min(), i.total.max())
                }
            )
        ),
        "copies_by_genre" => texts!(
            InvoiceLine::find(token)
                .inner_join(|l| l.track_id)
                .left_join(|(_, t)| t.genre_id)
                .group_by(|(.., g)| g.name)
                .order_by(|name, _| name.asc().nulls_last())
                .select(|name, (l, ..)| (name, l.quantity.sum(), count(), l.unit_price.max()))
        ),
        "employees_and_managers" => texts!(
            Employee::find(token)
                .left_join(|e| e.reports_to)
                .order_by(|(e, _)| e.id.asc())
                .select(|(e, m)| (e.id, e.last_name, e.hire_date, m.id, m.last_name, m.hire_date))
        ),
        "managers_by_reports" => texts!(
            Employee::find(token)
                .inner_join(|e| e.reports_to)
                .group_by(|(_, m)| (m.id, m.last_name))
                .order_by(|(id, _), _| id.asc())
                .select(|(id, name), (e, _)| (id, name, count(), e.hire_date.min()))
        ),
        "tracks_never_sold" => texts!(
            Track::find(token)
                .inner_join(|t| t.genre_id)
                .filter(|(t, _)| t.not_exists(InvoiceLine::columns().track_id, |_| Filter::all([])))
                .order_by(|(t, _)| t.milliseconds.desc())
                .order_by(|(t, _)| t.id.asc())
                .limit(100)
                .select(|(t, g)| (t.id, t.name, g.name, t.unit_price))
        ),
        "playlist_sizes" => texts!(
            Playlist::find(token)
                .left_join_many(PlaylistTrack::columns().playlist_id)
                .group_by(|(p, _)| (p.id, p.name))
                .order_by(|(id, _), _| id.asc())
                .select(|(id, name), (_, link)| (id, name, link.track_id.count()))
        ),
        "playlists_by_genre" => texts!(
            Playlist::find(token)
                .inner_join_many(PlaylistTrack::columns().playlist_id)
                .inner_join(|(_, link)| link.track_id)
                .inner_join(|(.., t)| t.genre_id)
                .group_by(|(p, _, _, g)| (p.id, p.name, g.name))
                .having(|_| count().gt(10))
                .order_by(|(id, ..), _| id.asc())
                .order_by(|_, _| count().desc())
                .order_by(|(_, _, genre), _| genre.asc())
                .select(|(id, name, genre), (_, _, t, _)| {
                    (id, name, genre, count(), t.album_id.count_distinct(), t.milliseconds.sum())
                })
        ),
        "listed_twice" => texts!(
            Track::find(token)
                .inner_join_many(PlaylistTrack::columns().track_id)
                .group_by(|(t, _)| (t.id, t.name))
                .having(|_| count().ge(5))
                .order_by(|_, _| count().desc())
                .order_by(|(id, _), _| id.asc())
                .select(|(id, name), _| (id, name, count()))
        ),
        "sales_by_agent" => texts!(
            Employee::find(token)
                .left_join_many(Customer::columns().support_rep_id)
                .left_join_many(Invoice::columns().customer_id)
                .group_by(|(e, ..)| (e.id, e.last_name))
                .order_by(|(id, _), _| id.asc())
                .select(|(id, name), (_, c, i)| (
                    id,
                    name,
                    c.id.count_distinct(),
                    i.id.count(),
                    i.total.sum()
                ))
        ),
        "keyset_page" => texts!(
            Track::find(token)
                .keyset(|t| (t.milliseconds.asc(), t.id.asc()))
                .after((250_000, 100))
                .limit(50)
                .select(|t| (t.id, t.name, t.milliseconds))
        ),
        "invoices_of_an_amount" => texts!(
            Invoice::find(token)
                .filter(|i| i
                    .total
                    .between(cents(594), cents(1386))
                    .and(i.total.not_in([cents(891), cents(990)])))
                .order_by(|i| i.total.desc())
                .order_by(|i| i.id.asc())
                .select(|i| (i.id, i.customer_id, i.invoice_date, i.total))
        ),
        "places_of_customers" => texts!(
            Customer::find(token)
                .filter(|c| c.country.in_(["USA", "Canada", "Brazil", "Iceland", "Portugal"]))
                .order_by(|c| c.country.asc())
                .order_by(|c| c.state.asc().nulls_last())
                .order_by(|c| c.city.asc())
                .select(|c| (c.country, c.state, c.city))
                .distinct()
        ),
        "gaps_in_tracks" => texts!(
            MediaType::find(token)
                .left_join_many(Track::columns().media_type_id)
                .group_by(|(m, _)| (m.id, m.name))
                .order_by(|(id, _), _| id.asc())
                .select(|(id, name), (_, t)| {
                    let (album, genre, composer) =
                        (t.album_id.count(), t.genre_id.count(), t.composer.count());
                    (id, name, count(), album, genre, composer, t.bytes.count(), t.composer.count_distinct())
                })
        ),
        "who_bought_whom" => texts!(
            Artist::find(token)
                .inner_join_many(Album::columns().artist_id)
                .inner_join_many(Track::columns().album_id)
                .inner_join_many(InvoiceLine::columns().track_id)
                .inner_join(|(.., l)| l.invoice_id)
                .inner_join(|(.., i)| i.customer_id)
                .filter(|(ar, ..)| ar.id.between(20, 60))
                .order_by(|(.., c)| c.id.asc())
                .order_by(|(ar, ..)| ar.id.asc())
                .select(|(ar, .., c)| (c.id, c.last_name, ar.id, ar.name))
                .distinct()
        ),
        "long_albums" => texts!(
            Album::find(token)
                .inner_join_many(Track::columns().album_id)
                .group_by(|(al, _)| (al.id, al.title))
                .having(|(_, t)| t.milliseconds.avg().gt(300_000.0).and(count().gt(5)))
                .order_by(|(id, _), _| id.asc())
                .select(|(id, title), (_, t)| (id, title, count(), t.milliseconds.avg(), t.bytes.sum()))
        ),
        "invoices_of_two_years" => texts!(
            Invoice::find(token)
                .inner_join(|i| i.customer_id)
                .filter(|(i, _)| {
                    let year = |year| Utc.with_ymd_and_hms(year, 1, 1, 0, 0, 0).single().expect("a moment");
                    i.invoice_date.ge(year(2008)).and(i.invoice_date.lt(year(2010)))
                })
                .filter(|(i, _)| i.billing_country.in_(["Germany", "France", "USA"]))
                .filter(|(i, _)| i.total.between(Decimal::from(2), Decimal::from(15)))
                .order_by(|(i, _)| i.invoice_date.desc())
                .order_by(|(i, _)| i.id.asc())
                .limit(40)
                .offset(5)
                .select(|(i, c)| (i.id, i.invoice_date, i.billing_city, i.billing_state, i.total, c.company))
        ),
        "extremes_by_media_type" => texts!(
            MediaType::find(token)
                .inner_join_many(Track::columns().media_type_id)
                .group_by(|(m, _)| m.name)
                .order_by(|name, _| name.asc())
                .select(|name, (_, t)| {
                    let (least, most) = (t.milliseconds.min(), t.milliseconds.max());
                    (name, least, most, t.bytes.avg(), t.unit_price.min(), t.unit_price.max())
                })
        ),
        "listeners_of_the_ninth_genre" => texts!(
            Customer::find(token)
                .filter(|c| {
                    c.exists(Invoice::columns().customer_id, |i| {
                        i.exists(InvoiceLine::columns().invoice_id, |l| {
                            l.track_id.exists(|t| t.genre_id.eq(9))
                        })
                    })
                })
                .order_by(|c| c.last_name.asc())
                .order_by(|c| c.first_name.asc())
                .order_by(|c| c.id.asc())
                .select(|c| (c.id, c.first_name, c.last_name))
        ),
        "albums_wholly_unsold" => texts!(
            Album::find(token)
                .inner_join(|al| al.artist_id)
                .filter(|(al, _)| {
                    al.not_exists(Track::columns().album_id, |t| {
                        t.exists(InvoiceLine::columns().track_id, |_| Filter::all([]))
                    })
                })
                .order_by(|(_, ar)| ar.name.asc())
                .order_by(|(al, _)| al.id.asc())
                .select(|(al, ar)| (al.id, al.title, ar.name))
        ),
        "track_search" => texts!(
            Track::find(token)
                .inner_join(|t| t.media_type_id)
                .filter(|(t, _)| t.name.ilike("%love%").or(t.composer.ilike("%ulrich%")))
                .filter(|(t, _)| t.unit_price.gt(cents(150)).not())
                .order_by(|(t, _)| t.name.asc())
                .order_by(|(t, _)| t.id.asc())
                .select(|(t, m)| (t.id, t.name, m.name))
        ),
        other => panic!("the builder has no report {other} yet"),
    })
}

fn reports() -> impl Iterator<Item = Report> {
    Report::every().filter(|report| report.kind == Kind::Builder)
}

#[tokio::test]
async fn the_builder_says_what_plain_sql_says_of_one_tenant_alone() {
    for chinook in [Chinook::shared().await, Chinook::without_policies().await] {
        for report in reports() {
            chinook.same(report.name, async |db, token| by_builder(report.name, db, token).await).await;
        }
    }
}
