//! The reports that need SQL written by hand, by `sql!`: with both locks, and by the predicates alone.
//!
//! The text is that of the report, with an entity in braces where the report names a table, and values in place of some of
//! its constants.

use chrono::{TimeZone as _, Utc};
use sqlx::FromRow;
use sqlx::postgres::PgRow;
use tenancy::{Error, sql};

use super::entities::*;
use super::reports::{Kind, Report};
use super::*;

/// A row of any columns.
struct Any(Texts);

impl FromRow<'_, PgRow> for Any {
    fn from_row(row: &PgRow) -> Result<Self, sqlx::Error> {
        Ok(Self(row.cells()))
    }
}

/// The report of this name, for one tenant.
#[expect(clippy::too_many_lines, reason = "a table: one report after the other")]
async fn by_sql(name: &str, db: &TenantDb, token: &TenantToken) -> Result<Vec<Texts>, Error> {
    macro_rules! rows {
        ($text:literal) => {
            sql!(token, $text).fetch_all(db).await?
        };
    }
    let (places, third, eighth, month, albums) = (3_i64, 3, 8, "month", 90..=120);
    let (short, song) = (120_000, 300_000);
    let day = |month, day| Utc.with_ymd_and_hms(2009, month, day, 0, 0, 0).unwrap();
    let (first_week, last_week) = (day(1, 5), day(12, 28));
    let rows: Vec<Any> = match name {
        "monthly_revenue" => rows!("SELECT date_trunc({month}, i.invoice_date) AS month, count(*), sum(i.total),
                sum(sum(i.total)) OVER (ORDER BY date_trunc({month}, i.invoice_date))
         FROM {Invoice} i GROUP BY 1 ORDER BY 1"),
        "revenue_by_genre" => rows!("SELECT g.name, sum(l.unit_price * l.quantity) AS revenue,
                round(100 * sum(l.unit_price * l.quantity) / sum(sum(l.unit_price * l.quantity)) OVER (), 4)
         FROM {InvoiceLine} l JOIN {Track} t ON t.id = l.track_id LEFT JOIN {Genre} g ON g.id = t.genre_id
         GROUP BY g.id, g.name ORDER BY revenue DESC, g.id NULLS LAST"),
        "longest_of_each_genre" => rows!("SELECT genre, place, id, name, milliseconds FROM (
           SELECT g.id AS genre, t.id, t.name, t.milliseconds,
                  row_number() OVER (PARTITION BY g.id ORDER BY t.milliseconds DESC, t.id) AS place
           FROM {Genre} g JOIN {Track} t ON t.genre_id = g.id) ranked
         WHERE place <= {places} ORDER BY genre, place"),
        "best_seller_of_each_genre" => rows!("WITH sold AS (
           SELECT t.genre_id, t.id, t.name, sum(l.quantity) AS copies, sum(l.quantity * l.unit_price) AS revenue
           FROM {Track} t JOIN {InvoiceLine} l ON l.track_id = t.id GROUP BY t.id, t.genre_id, t.name)
         SELECT DISTINCT ON (g.id) g.id, g.name, s.id, s.name, s.copies, s.revenue
         FROM {Genre} g JOIN sold s ON s.genre_id = g.id ORDER BY g.id, s.copies DESC, s.revenue DESC, s.id"),
        "hierarchy" => rows!("WITH RECURSIVE below AS (
           SELECT id, last_name, 1 AS depth, last_name AS path FROM {Employee} employee WHERE reports_to IS NULL
           UNION ALL
           SELECT e.id, e.last_name, b.depth + 1, b.path || ' > ' || e.last_name
           FROM {Employee} e JOIN below b ON b.id = e.reports_to)
         SELECT id, depth, path FROM below ORDER BY path, id"),
        "revenue_below_each_manager" => rows!("WITH RECURSIVE closure AS (
           SELECT id AS manager, id AS member FROM {Employee} employee
           UNION
           SELECT c.manager, e.id FROM closure c JOIN {Employee} e ON e.reports_to = c.member)
         SELECT m.id, m.last_name, count(DISTINCT cl.member), coalesce(sum(i.total), 0)
         FROM closure cl JOIN {Employee} m ON m.id = cl.manager
         LEFT JOIN {Customer} c ON c.support_rep_id = cl.member LEFT JOIN {Invoice} i ON i.customer_id = c.id
         GROUP BY m.id, m.last_name ORDER BY m.id"),
        "lengths" => rows!("SELECT CASE WHEN t.milliseconds < {short} THEN 'short' WHEN t.milliseconds < {song} THEN 'song'
                     WHEN t.milliseconds < 1200000 THEN 'long' ELSE 'film' END AS length,
                count(*), avg(t.unit_price), count(*) FILTER (WHERE t.composer IS NULL)
         FROM {Track} t GROUP BY 1 ORDER BY 1"),
        "percentiles_by_genre" => rows!("SELECT g.id, g.name, percentile_cont(0.5) WITHIN GROUP (ORDER BY t.milliseconds),
                percentile_disc({0.9}) WITHIN GROUP (ORDER BY t.milliseconds),
                mode() WITHIN GROUP (ORDER BY t.unit_price)
         FROM {Genre} g JOIN {Track} t ON t.genre_id = g.id GROUP BY g.id, g.name ORDER BY g.id"),
        "years_across" => rows!("SELECT c.country, sum(i.total) FILTER (WHERE extract(year FROM i.invoice_date) = 2007),
                sum(i.total) FILTER (WHERE extract(year FROM i.invoice_date) = 2008),
                sum(i.total) FILTER (WHERE extract(year FROM i.invoice_date) = 2009),
                count(*) FILTER (WHERE i.total > 10)
         FROM {Customer} c LEFT JOIN {Invoice} i ON i.customer_id = c.id
         GROUP BY c.country ORDER BY c.country"),
        "country_and_year" => rows!("SELECT i.billing_country, extract(year FROM i.invoice_date)::int AS year, sum(i.total), count(*),
                grouping(i.billing_country, extract(year FROM i.invoice_date)::int)
         FROM {Invoice} i GROUP BY ROLLUP (i.billing_country, extract(year FROM i.invoice_date)::int)
         ORDER BY 5, 1, 2"),
        "genres_of_playlists" => rows!("SELECT p.id, p.name, string_agg(DISTINCT g.name, ', ' ORDER BY g.name), count(DISTINCT ar.name)
         FROM {Playlist} p JOIN {PlaylistTrack} pt ON pt.playlist_id = p.id JOIN {Track} t ON t.id = pt.track_id
         JOIN {Genre} g ON g.id = t.genre_id LEFT JOIN {Album} al ON al.id = t.album_id
         LEFT JOIN {Artist} ar ON ar.id = al.artist_id
         GROUP BY p.id, p.name ORDER BY p.id"),
        "last_two_invoices" => rows!("SELECT c.id, c.last_name, i.id, i.invoice_date, i.total
         FROM {Customer} c LEFT JOIN LATERAL (
           SELECT id, invoice_date, total FROM {Invoice} invoice WHERE customer_id = c.id ORDER BY invoice_date DESC, id DESC LIMIT 2
         ) i ON true ORDER BY c.id, i.id"),
        "longer_than_its_genre" => rows!("SELECT t.id, t.name, t.genre_id, t.milliseconds FROM {Track} t
         WHERE t.media_type_id > 2 AND t.milliseconds > 1.5 * (SELECT avg(o.milliseconds) FROM {Track} o WHERE o.genre_id = t.genre_id)
         ORDER BY t.id"),
        "bought_together" => rows!("SELECT a.name, b.name, count(DISTINCT la.invoice_id)
         FROM {InvoiceLine} la JOIN {Track} ta ON ta.id = la.track_id JOIN {Genre} a ON a.id = ta.genre_id
         JOIN {InvoiceLine} lb ON lb.invoice_id = la.invoice_id
         JOIN {Track} tb ON tb.id = lb.track_id JOIN {Genre} b ON b.id = tb.genre_id
         WHERE a.id < b.id GROUP BY a.id, a.name, b.id, b.name
         HAVING count(DISTINCT la.invoice_id) > {places - 2} ORDER BY 3 DESC, a.id, b.id"),
        "cohorts" => rows!("WITH first AS (SELECT customer_id, date_trunc('quarter', min(invoice_date)) AS cohort FROM {Invoice} invoice GROUP BY 1)
         SELECT f.cohort, extract(year FROM i.invoice_date)::int AS year, count(DISTINCT i.customer_id), sum(i.total)
         FROM first f JOIN {Invoice} i ON i.customer_id = f.customer_id GROUP BY 1, 2 ORDER BY 1, 2"),
        "days_between_invoices" => rows!("SELECT customer_id, id, invoice_date::date,
                invoice_date::date - lag(invoice_date::date) OVER (PARTITION BY customer_id ORDER BY invoice_date, id),
                sum(total) OVER (PARTITION BY customer_id ORDER BY invoice_date, id ROWS UNBOUNDED PRECEDING),
                round(avg(total) OVER (PARTITION BY customer_id ORDER BY invoice_date, id
                                       ROWS BETWEEN 2 PRECEDING AND CURRENT ROW), 6)
         FROM {Invoice} invoice ORDER BY customer_id, invoice_date, id"),
        "every_week_of_2009" => rows!("SELECT week::date, count(i.id), coalesce(sum(i.total), 0)
         FROM generate_series({first_week}, {last_week}, {\"7 days\"}::interval) week
         LEFT JOIN {Invoice} i ON i.invoice_date >= week AND i.invoice_date < week + interval '7 days'
         GROUP BY week ORDER BY week"),
        "third_genre_but_not_eighth" => rows!("SELECT c.id, c.last_name FROM {Customer} c WHERE c.id IN (
           SELECT i.customer_id FROM {Invoice} i JOIN {InvoiceLine} l ON l.invoice_id = i.id
             JOIN {Track} t ON t.id = l.track_id WHERE t.genre_id = {third}
           EXCEPT
           SELECT i.customer_id FROM {Invoice} i JOIN {InvoiceLine} l ON l.invoice_id = i.id
             JOIN {Track} t ON t.id = l.track_id WHERE t.genre_id = {eighth})
         ORDER BY c.id"),
        "everybody" => rows!("SELECT 'employee' AS kind, id, last_name || ', ' || first_name, country FROM {Employee} employee
         UNION ALL SELECT 'customer', id, last_name || ', ' || first_name, country FROM {Customer} customer
         ORDER BY 1, 2"),
        "quarters_of_customers" => rows!("SELECT c.id, c.last_name, coalesce(sum(i.total), 0) AS revenue,
                ntile(4) OVER (ORDER BY coalesce(sum(i.total), 0) DESC, c.id),
                rank() OVER (PARTITION BY c.country ORDER BY coalesce(sum(i.total), 0) DESC)
         FROM {Customer} c LEFT JOIN {Invoice} i ON i.customer_id = c.id
         GROUP BY c.id, c.last_name, c.country ORDER BY revenue DESC, c.id"),
        "similar_playlists" => rows!("WITH size AS (SELECT playlist_id, count(*) AS tracks FROM {PlaylistTrack} playlist_track GROUP BY 1)
         SELECT a.playlist_id, b.playlist_id, count(*),
                round(count(*)::numeric / (max(sa.tracks) + max(sb.tracks) - count(*)), 6)
         FROM {PlaylistTrack} a JOIN {PlaylistTrack} b ON b.track_id = a.track_id AND b.playlist_id > a.playlist_id
         JOIN size sa ON sa.playlist_id = a.playlist_id JOIN size sb ON sb.playlist_id = b.playlist_id
         GROUP BY 1, 2 ORDER BY 1, 2"),
        "discounted_invoices" => rows!("SELECT i.id, i.total, lines.total FROM {Invoice} i
         JOIN (SELECT invoice_id, sum(unit_price * quantity) AS total FROM {InvoiceLine} invoice_line GROUP BY 1) lines
           ON lines.invoice_id = i.id
         WHERE i.total <> lines.total ORDER BY i.id"),
        "albums_as_documents" => rows!("SELECT al.id, jsonb_build_object('title', al.title, 'tracks',
                  jsonb_agg(jsonb_build_array(t.id, t.name, t.unit_price) ORDER BY t.id))
         FROM {Album} al JOIN {Track} t ON t.album_id = al.id WHERE al.id BETWEEN {albums.start()} AND {albums.end()}
         GROUP BY al.id, al.title ORDER BY al.id"),
        "favourite_artist" => rows!("SELECT DISTINCT ON (c.id) c.id, c.last_name, ar.id, ar.name, sum(l.quantity * l.unit_price) AS spent
         FROM {Customer} c JOIN {Invoice} i ON i.customer_id = c.id JOIN {InvoiceLine} l ON l.invoice_id = i.id
         JOIN {Track} t ON t.id = l.track_id JOIN {Album} al ON al.id = t.album_id JOIN {Artist} ar ON ar.id = al.artist_id
         GROUP BY c.id, c.last_name, ar.id, ar.name ORDER BY c.id, spent DESC, ar.id"),
        "prices_in_sets" => rows!("SELECT m.name, t.unit_price, count(*), grouping(m.name) + 2 * grouping(t.unit_price)
         FROM {Track} t JOIN {MediaType} m ON m.id = t.media_type_id
         GROUP BY GROUPING SETS ((m.name, t.unit_price), (m.name), ()) ORDER BY 4, 1, 2"),
        other => panic!("{other} has no counterpart"),
    };
    Ok(rows.into_iter().map(|Any(texts)| texts).collect())
}

async fn reports(chinook: &Chinook) {
    let by_hand: Vec<_> = Report::every().filter(|report| report.kind == Kind::Sql).collect();
    assert!(by_hand.len() >= 25);
    for report in by_hand {
        chinook.same(report.name, async |db, token| by_sql(report.name, db, token).await).await;
    }
}

#[tokio::test]
async fn reports_by_hand() {
    reports(&Chinook::shared().await).await;
}

#[tokio::test]
async fn reports_by_hand_without_policies() {
    reports(&Chinook::without_policies().await).await;
}
