//! Reports that a typed builder is expected to express: [`Kind::Builder`](super::Kind::Builder).

pub const REPORTS: &[(&str, &str)] = &[
    (
        "long_tracks",
        "SELECT t.id, t.name, al.title, ar.name
         FROM track t JOIN album al ON al.id = t.album_id JOIN artist ar ON ar.id = al.artist_id
         WHERE t.milliseconds > 400000 AND t.composer IS NOT NULL
         ORDER BY ar.name, al.title, t.id LIMIT 200",
    ),
    (
        "tracks_off_albums",
        "SELECT t.id, t.name, al.title, g.name
         FROM track t LEFT JOIN album al ON al.id = t.album_id LEFT JOIN genre g ON g.id = t.genre_id
         WHERE al.id IS NULL OR g.id IS NULL ORDER BY t.id",
    ),
    (
        "albums_by_artist",
        "SELECT ar.id, ar.name, count(*) FROM artist ar JOIN album al ON al.artist_id = ar.id
         GROUP BY ar.id, ar.name HAVING count(*) >= 3 ORDER BY count(*) DESC, ar.id",
    ),
    (
        "artists_without_albums",
        "SELECT ar.id, ar.name FROM artist ar
         WHERE NOT EXISTS (SELECT FROM album al WHERE al.artist_id = ar.id) ORDER BY ar.id",
    ),
    (
        "customers_without_invoices",
        "SELECT c.id, c.first_name, c.last_name, c.country
         FROM customer c LEFT JOIN invoice i ON i.customer_id = c.id WHERE i.id IS NULL ORDER BY c.id",
    ),
    (
        "customers_with_a_large_invoice",
        "SELECT c.id, c.last_name, c.email FROM customer c
         WHERE EXISTS (SELECT FROM invoice i WHERE i.customer_id = c.id AND i.total >= 17) ORDER BY c.id",
    ),
    (
        "invoices_by_country",
        "SELECT i.billing_country, count(*), sum(i.total), avg(i.total), min(i.total), max(i.total)
         FROM invoice i GROUP BY i.billing_country ORDER BY i.billing_country",
    ),
    (
        "copies_by_genre",
        "SELECT g.name, sum(l.quantity), count(*), max(l.unit_price)
         FROM invoice_line l JOIN track t ON t.id = l.track_id LEFT JOIN genre g ON g.id = t.genre_id
         GROUP BY g.name ORDER BY g.name NULLS LAST",
    ),
    (
        "employees_and_managers",
        "SELECT e.id, e.last_name, e.hire_date, m.id, m.last_name, m.hire_date
         FROM employee e LEFT JOIN employee m ON m.id = e.reports_to ORDER BY e.id",
    ),
    (
        "managers_by_reports",
        "SELECT m.id, m.last_name, count(*), min(e.hire_date)
         FROM employee e JOIN employee m ON m.id = e.reports_to
         GROUP BY m.id, m.last_name ORDER BY m.id",
    ),
    (
        "tracks_never_sold",
        "SELECT t.id, t.name, g.name, t.unit_price FROM track t JOIN genre g ON g.id = t.genre_id
         WHERE NOT EXISTS (SELECT FROM invoice_line l WHERE l.track_id = t.id)
         ORDER BY t.milliseconds DESC, t.id LIMIT 100",
    ),
    (
        "playlist_sizes",
        "SELECT p.id, p.name, count(pt.track_id)
         FROM playlist p LEFT JOIN playlist_track pt ON pt.playlist_id = p.id GROUP BY p.id, p.name ORDER BY p.id",
    ),
    (
        "playlists_by_genre",
        "SELECT p.id, p.name, g.name, count(*), count(DISTINCT t.album_id), sum(t.milliseconds)
         FROM playlist p JOIN playlist_track pt ON pt.playlist_id = p.id
         JOIN track t ON t.id = pt.track_id JOIN genre g ON g.id = t.genre_id
         GROUP BY p.id, p.name, g.name HAVING count(*) > 10 ORDER BY p.id, count(*) DESC, g.name",
    ),
    (
        "listed_twice",
        "SELECT t.id, t.name, count(*) FROM track t JOIN playlist_track pt ON pt.track_id = t.id
         GROUP BY t.id, t.name HAVING count(*) >= 5 ORDER BY count(*) DESC, t.id",
    ),
    (
        "sales_by_agent",
        "SELECT e.id, e.last_name, count(DISTINCT c.id), count(i.id), sum(i.total)
         FROM employee e LEFT JOIN customer c ON c.support_rep_id = e.id LEFT JOIN invoice i ON i.customer_id = c.id
         GROUP BY e.id, e.last_name ORDER BY e.id",
    ),
    (
        "keyset_page",
        "SELECT t.id, t.name, t.milliseconds FROM track t
         WHERE t.milliseconds > 250000 OR (t.milliseconds = 250000 AND t.id > 100)
         ORDER BY t.milliseconds, t.id LIMIT 50",
    ),
    (
        "invoices_of_an_amount",
        "SELECT i.id, i.customer_id, i.invoice_date, i.total FROM invoice i
         WHERE i.total BETWEEN 5.94 AND 13.86 AND i.total NOT IN (8.91, 9.9) ORDER BY i.total DESC, i.id",
    ),
    (
        "places_of_customers",
        "SELECT DISTINCT c.country, c.state, c.city FROM customer c
         WHERE c.country IN ('USA', 'Canada', 'Brazil', 'Iceland', 'Portugal')
         ORDER BY c.country, c.state NULLS LAST, c.city",
    ),
    (
        "gaps_in_tracks",
        "SELECT m.id, m.name, count(*), count(t.album_id), count(t.genre_id), count(t.composer), count(t.bytes),
                count(DISTINCT t.composer)
         FROM media_type m LEFT JOIN track t ON t.media_type_id = m.id GROUP BY m.id, m.name ORDER BY m.id",
    ),
    (
        "who_bought_whom",
        "SELECT DISTINCT c.id, c.last_name, ar.id, ar.name
         FROM artist ar JOIN album al ON al.artist_id = ar.id JOIN track t ON t.album_id = al.id
         JOIN invoice_line l ON l.track_id = t.id JOIN invoice i ON i.id = l.invoice_id
         JOIN customer c ON c.id = i.customer_id
         WHERE ar.id BETWEEN 20 AND 60 ORDER BY c.id, ar.id",
    ),
    (
        "long_albums",
        "SELECT al.id, al.title, count(*), avg(t.milliseconds)::float8, sum(t.bytes)
         FROM album al JOIN track t ON t.album_id = al.id
         GROUP BY al.id, al.title HAVING avg(t.milliseconds) > 300000 AND count(*) > 5 ORDER BY al.id",
    ),
    (
        "invoices_of_two_years",
        "SELECT i.id, i.invoice_date, i.billing_city, i.billing_state, i.total, c.company
         FROM invoice i JOIN customer c ON c.id = i.customer_id
         WHERE i.invoice_date >= '2008-01-01T00:00:00Z' AND i.invoice_date < '2010-01-01T00:00:00Z'
           AND i.billing_country IN ('Germany', 'France', 'USA') AND i.total BETWEEN 2 AND 15
         ORDER BY i.invoice_date DESC, i.id LIMIT 40 OFFSET 5",
    ),
    (
        "extremes_by_media_type",
        "SELECT m.name, min(t.milliseconds), max(t.milliseconds), avg(t.bytes)::float8, min(t.unit_price), max(t.unit_price)
         FROM media_type m JOIN track t ON t.media_type_id = m.id GROUP BY m.name ORDER BY m.name",
    ),
    (
        "listeners_of_the_ninth_genre",
        "SELECT c.id, c.first_name, c.last_name FROM customer c
         WHERE EXISTS (
           SELECT FROM invoice i JOIN invoice_line l ON l.invoice_id = i.id JOIN track t ON t.id = l.track_id
           WHERE i.customer_id = c.id AND t.genre_id = 9)
         ORDER BY c.last_name, c.first_name, c.id",
    ),
    (
        "albums_wholly_unsold",
        "SELECT al.id, al.title, ar.name FROM album al JOIN artist ar ON ar.id = al.artist_id
         WHERE NOT EXISTS (
           SELECT FROM track t JOIN invoice_line l ON l.track_id = t.id WHERE t.album_id = al.id)
         ORDER BY ar.name, al.id",
    ),
    (
        "track_search",
        "SELECT t.id, t.name, m.name FROM track t JOIN media_type m ON m.id = t.media_type_id
         WHERE (t.name ILIKE '%love%' OR t.composer ILIKE '%ulrich%') AND NOT t.unit_price > 1.5
         ORDER BY t.name, t.id",
    ),
];
