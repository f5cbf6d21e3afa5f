//! Reports that need SQL written by hand: [`Kind::Sql`](super::Kind::Sql).

pub const REPORTS: &[(&str, &str)] = &[
    (
        "monthly_revenue",
        "SELECT date_trunc('month', i.invoice_date) AS month, count(*), sum(i.total),
                sum(sum(i.total)) OVER (ORDER BY date_trunc('month', i.invoice_date))
         FROM invoice i GROUP BY 1 ORDER BY 1",
    ),
    (
        "revenue_by_genre",
        "SELECT g.name, sum(l.unit_price * l.quantity) AS revenue,
                round(100 * sum(l.unit_price * l.quantity) / sum(sum(l.unit_price * l.quantity)) OVER (), 4)
         FROM invoice_line l JOIN track t ON t.id = l.track_id LEFT JOIN genre g ON g.id = t.genre_id
         GROUP BY g.id, g.name ORDER BY revenue DESC, g.id NULLS LAST",
    ),
    (
        "longest_of_each_genre",
        "SELECT genre, place, id, name, milliseconds FROM (
           SELECT g.id AS genre, t.id, t.name, t.milliseconds,
                  row_number() OVER (PARTITION BY g.id ORDER BY t.milliseconds DESC, t.id) AS place
           FROM genre g JOIN track t ON t.genre_id = g.id) ranked
         WHERE place <= 3 ORDER BY genre, place",
    ),
    (
        "best_seller_of_each_genre",
        "WITH sold AS (
           SELECT t.genre_id, t.id, t.name, sum(l.quantity) AS copies, sum(l.quantity * l.unit_price) AS revenue
           FROM track t JOIN invoice_line l ON l.track_id = t.id GROUP BY t.id, t.genre_id, t.name)
         SELECT DISTINCT ON (g.id) g.id, g.name, s.id, s.name, s.copies, s.revenue
         FROM genre g JOIN sold s ON s.genre_id = g.id ORDER BY g.id, s.copies DESC, s.revenue DESC, s.id",
    ),
    (
        "hierarchy",
        "WITH RECURSIVE below AS (
           SELECT id, last_name, 1 AS depth, last_name AS path FROM employee WHERE reports_to IS NULL
           UNION ALL
           SELECT e.id, e.last_name, b.depth + 1, b.path || ' > ' || e.last_name
           FROM employee e JOIN below b ON b.id = e.reports_to)
         SELECT id, depth, path FROM below ORDER BY path, id",
    ),
    (
        "revenue_below_each_manager",
        "WITH RECURSIVE closure AS (
           SELECT id AS manager, id AS member FROM employee
           UNION
           SELECT c.manager, e.id FROM closure c JOIN employee e ON e.reports_to = c.member)
         SELECT m.id, m.last_name, count(DISTINCT cl.member), coalesce(sum(i.total), 0)
         FROM closure cl JOIN employee m ON m.id = cl.manager
         LEFT JOIN customer c ON c.support_rep_id = cl.member LEFT JOIN invoice i ON i.customer_id = c.id
         GROUP BY m.id, m.last_name ORDER BY m.id",
    ),
    (
        "lengths",
        "SELECT CASE WHEN t.milliseconds < 120000 THEN 'short' WHEN t.milliseconds < 300000 THEN 'song'
                     WHEN t.milliseconds < 1200000 THEN 'long' ELSE 'film' END AS length,
                count(*), avg(t.unit_price), count(*) FILTER (WHERE t.composer IS NULL)
         FROM track t GROUP BY 1 ORDER BY 1",
    ),
    (
        "percentiles_by_genre",
        "SELECT g.id, g.name, percentile_cont(0.5) WITHIN GROUP (ORDER BY t.milliseconds),
                percentile_disc(0.9) WITHIN GROUP (ORDER BY t.milliseconds),
                mode() WITHIN GROUP (ORDER BY t.unit_price)
         FROM genre g JOIN track t ON t.genre_id = g.id GROUP BY g.id, g.name ORDER BY g.id",
    ),
    (
        "years_across",
        "SELECT c.country, sum(i.total) FILTER (WHERE extract(year FROM i.invoice_date) = 2007),
                sum(i.total) FILTER (WHERE extract(year FROM i.invoice_date) = 2008),
                sum(i.total) FILTER (WHERE extract(year FROM i.invoice_date) = 2009),
                count(*) FILTER (WHERE i.total > 10)
         FROM customer c LEFT JOIN invoice i ON i.customer_id = c.id
         GROUP BY c.country ORDER BY c.country",
    ),
    (
        "country_and_year",
        "SELECT i.billing_country, extract(year FROM i.invoice_date)::int AS year, sum(i.total), count(*),
                grouping(i.billing_country, extract(year FROM i.invoice_date)::int)
         FROM invoice i GROUP BY ROLLUP (i.billing_country, extract(year FROM i.invoice_date)::int)
         ORDER BY 5, 1, 2",
    ),
    (
        "genres_of_playlists",
        "SELECT p.id, p.name, string_agg(DISTINCT g.name, ', ' ORDER BY g.name), count(DISTINCT ar.name)
         FROM playlist p JOIN playlist_track pt ON pt.playlist_id = p.id JOIN track t ON t.id = pt.track_id
         JOIN genre g ON g.id = t.genre_id LEFT JOIN album al ON al.id = t.album_id
         LEFT JOIN artist ar ON ar.id = al.artist_id
         GROUP BY p.id, p.name ORDER BY p.id",
    ),
    (
        "last_two_invoices",
        "SELECT c.id, c.last_name, i.id, i.invoice_date, i.total
         FROM customer c LEFT JOIN LATERAL (
           SELECT id, invoice_date, total FROM invoice WHERE customer_id = c.id ORDER BY invoice_date DESC, id DESC LIMIT 2
         ) i ON true ORDER BY c.id, i.id",
    ),
    (
        "longer_than_its_genre",
        "SELECT t.id, t.name, t.genre_id, t.milliseconds FROM track t
         WHERE t.media_type_id > 2 AND t.milliseconds > 1.5 * (SELECT avg(o.milliseconds) FROM track o WHERE o.genre_id = t.genre_id)
         ORDER BY t.id",
    ),
    (
        "bought_together",
        "SELECT a.name, b.name, count(DISTINCT la.invoice_id)
         FROM invoice_line la JOIN track ta ON ta.id = la.track_id JOIN genre a ON a.id = ta.genre_id
         JOIN invoice_line lb ON lb.invoice_id = la.invoice_id
         JOIN track tb ON tb.id = lb.track_id JOIN genre b ON b.id = tb.genre_id
         WHERE a.id < b.id GROUP BY a.id, a.name, b.id, b.name
         HAVING count(DISTINCT la.invoice_id) >= 2 ORDER BY 3 DESC, a.id, b.id",
    ),
    (
        "cohorts",
        "WITH first AS (SELECT customer_id, date_trunc('quarter', min(invoice_date)) AS cohort FROM invoice GROUP BY 1)
         SELECT f.cohort, extract(year FROM i.invoice_date)::int AS year, count(DISTINCT i.customer_id), sum(i.total)
         FROM first f JOIN invoice i ON i.customer_id = f.customer_id GROUP BY 1, 2 ORDER BY 1, 2",
    ),
    (
        "days_between_invoices",
        "SELECT customer_id, id, invoice_date::date,
                invoice_date::date - lag(invoice_date::date) OVER (PARTITION BY customer_id ORDER BY invoice_date, id),
                sum(total) OVER (PARTITION BY customer_id ORDER BY invoice_date, id ROWS UNBOUNDED PRECEDING),
                round(avg(total) OVER (PARTITION BY customer_id ORDER BY invoice_date, id
                                       ROWS BETWEEN 2 PRECEDING AND CURRENT ROW), 6)
         FROM invoice ORDER BY customer_id, invoice_date, id",
    ),
    (
        "every_week_of_2009",
        "SELECT week::date, count(i.id), coalesce(sum(i.total), 0)
         FROM generate_series('2009-01-05Z'::timestamptz, '2009-12-28Z', '7 days') week
         LEFT JOIN invoice i ON i.invoice_date >= week AND i.invoice_date < week + interval '7 days'
         GROUP BY week ORDER BY week",
    ),
    (
        "third_genre_but_not_eighth",
        "SELECT c.id, c.last_name FROM customer c WHERE c.id IN (
           SELECT i.customer_id FROM invoice i JOIN invoice_line l ON l.invoice_id = i.id
             JOIN track t ON t.id = l.track_id WHERE t.genre_id = 3
           EXCEPT
           SELECT i.customer_id FROM invoice i JOIN invoice_line l ON l.invoice_id = i.id
             JOIN track t ON t.id = l.track_id WHERE t.genre_id = 8)
         ORDER BY c.id",
    ),
    (
        "everybody",
        "SELECT 'employee' AS kind, id, last_name || ', ' || first_name, country FROM employee
         UNION ALL SELECT 'customer', id, last_name || ', ' || first_name, country FROM customer
         ORDER BY 1, 2",
    ),
    (
        "quarters_of_customers",
        "SELECT c.id, c.last_name, coalesce(sum(i.total), 0) AS revenue,
                ntile(4) OVER (ORDER BY coalesce(sum(i.total), 0) DESC, c.id),
                rank() OVER (PARTITION BY c.country ORDER BY coalesce(sum(i.total), 0) DESC)
         FROM customer c LEFT JOIN invoice i ON i.customer_id = c.id
         GROUP BY c.id, c.last_name, c.country ORDER BY revenue DESC, c.id",
    ),
    (
        "similar_playlists",
        "WITH size AS (SELECT playlist_id, count(*) AS tracks FROM playlist_track GROUP BY 1)
         SELECT a.playlist_id, b.playlist_id, count(*),
                round(count(*)::numeric / (max(sa.tracks) + max(sb.tracks) - count(*)), 6)
         FROM playlist_track a JOIN playlist_track b ON b.track_id = a.track_id AND b.playlist_id > a.playlist_id
         JOIN size sa ON sa.playlist_id = a.playlist_id JOIN size sb ON sb.playlist_id = b.playlist_id
         GROUP BY 1, 2 ORDER BY 1, 2",
    ),
    (
        "discounted_invoices",
        "SELECT i.id, i.total, lines.total FROM invoice i
         JOIN (SELECT invoice_id, sum(unit_price * quantity) AS total FROM invoice_line GROUP BY 1) lines
           ON lines.invoice_id = i.id
         WHERE i.total <> lines.total ORDER BY i.id",
    ),
    (
        "albums_as_documents",
        "SELECT al.id, jsonb_build_object('title', al.title, 'tracks',
                  jsonb_agg(jsonb_build_array(t.id, t.name, t.unit_price) ORDER BY t.id))
         FROM album al JOIN track t ON t.album_id = al.id WHERE al.id BETWEEN 90 AND 120
         GROUP BY al.id, al.title ORDER BY al.id",
    ),
    (
        "favourite_artist",
        "SELECT DISTINCT ON (c.id) c.id, c.last_name, ar.id, ar.name, sum(l.quantity * l.unit_price) AS spent
         FROM customer c JOIN invoice i ON i.customer_id = c.id JOIN invoice_line l ON l.invoice_id = i.id
         JOIN track t ON t.id = l.track_id JOIN album al ON al.id = t.album_id JOIN artist ar ON ar.id = al.artist_id
         GROUP BY c.id, c.last_name, ar.id, ar.name ORDER BY c.id, spent DESC, ar.id",
    ),
    (
        "prices_in_sets",
        "SELECT m.name, t.unit_price, count(*), grouping(m.name) + 2 * grouping(t.unit_price)
         FROM track t JOIN media_type m ON m.id = t.media_type_id
         GROUP BY GROUPING SETS ((m.name, t.unit_price), (m.name), ()) ORDER BY 4, 1, 2",
    ),
];
