//! The eleven tables of Chinook as entities, each with its references, keys and indexes.
//!
//! The insert structs can be serialized, since the reference is filled from them without this library: see `load`.

use chrono::{DateTime, Utc};
use rust_decimal::Decimal;
use tenancy::prelude::*;

#[derive(Debug, Clone, PartialEq, TenantScoped)]
#[tenancy(table = "artist", index(name), insert_derive(Debug, Clone, serde::Serialize))]
pub struct Artist {
    #[tenancy(id)]
    pub id: i32,
    #[tenancy(tenant)]
    pub tenant_id: TenantId,
    pub name: Option<String>,
}

#[derive(Debug, Clone, PartialEq, TenantScoped)]
#[tenancy(table = "album", index(artist_id), insert_derive(Debug, Clone, serde::Serialize))]
pub struct Album {
    #[tenancy(id)]
    pub id: i32,
    #[tenancy(tenant)]
    pub tenant_id: TenantId,
    pub title: String,
    #[tenancy(references = Artist, on_delete = "cascade")]
    pub artist_id: i32,
}

#[derive(Debug, Clone, PartialEq, TenantScoped)]
#[tenancy(table = "genre", unique(name), insert_derive(Debug, Clone, serde::Serialize))]
pub struct Genre {
    #[tenancy(id)]
    pub id: i32,
    #[tenancy(tenant)]
    pub tenant_id: TenantId,
    pub name: Option<String>,
}

#[derive(Debug, Clone, PartialEq, TenantScoped)]
#[tenancy(table = "media_type", unique(name), insert_derive(Debug, Clone, serde::Serialize))]
pub struct MediaType {
    #[tenancy(id)]
    pub id: i32,
    #[tenancy(tenant)]
    pub tenant_id: TenantId,
    pub name: Option<String>,
}

/// Two playlists may have the same name.
#[derive(Debug, Clone, PartialEq, TenantScoped)]
#[tenancy(table = "playlist", insert_derive(Debug, Clone, serde::Serialize))]
pub struct Playlist {
    #[tenancy(id)]
    pub id: i32,
    #[tenancy(tenant)]
    pub tenant_id: TenantId,
    pub name: Option<String>,
}

#[derive(Debug, Clone, PartialEq, TenantScoped)]
#[tenancy(
    table = "track",
    index(album_id),
    index(media_type_id),
    index(genre_id),
    index(milliseconds, id),
    insert_derive(Debug, Clone, serde::Serialize)
)]
pub struct Track {
    #[tenancy(id)]
    pub id: i32,
    #[tenancy(tenant)]
    pub tenant_id: TenantId,
    pub name: String,
    #[tenancy(references = Album, on_delete = "set null")]
    pub album_id: Option<i32>,
    #[tenancy(references = MediaType, on_delete = "restrict")]
    pub media_type_id: i32,
    #[tenancy(references = Genre, on_delete = "set null")]
    pub genre_id: Option<i32>,
    pub composer: Option<String>,
    pub milliseconds: i32,
    pub bytes: Option<i32>,
    pub unit_price: Decimal,
}

/// The link between playlists and tracks: both ids are its primary key.
#[derive(Debug, Clone, PartialEq, TenantScoped)]
#[tenancy(table = "playlist_track", index(track_id), insert_derive(Debug, Clone, serde::Serialize))]
pub struct PlaylistTrack {
    #[tenancy(tenant)]
    pub tenant_id: TenantId,
    #[tenancy(id, references = Playlist, on_delete = "cascade")]
    pub playlist_id: i32,
    #[tenancy(id, references = Track, on_delete = "cascade")]
    pub track_id: i32,
}

#[derive(Debug, Clone, PartialEq, TenantScoped)]
#[tenancy(
    table = "employee",
    index(reports_to),
    unique(email),
    insert_derive(Debug, Clone, serde::Serialize)
)]
pub struct Employee {
    #[tenancy(id)]
    pub id: i32,
    #[tenancy(tenant)]
    pub tenant_id: TenantId,
    pub last_name: String,
    pub first_name: String,
    pub title: Option<String>,
    #[tenancy(references = Employee, on_delete = "set null")]
    pub reports_to: Option<i32>,
    pub birth_date: Option<DateTime<Utc>>,
    pub hire_date: Option<DateTime<Utc>>,
    pub address: Option<String>,
    pub city: Option<String>,
    pub state: Option<String>,
    pub country: Option<String>,
    pub postal_code: Option<String>,
    pub phone: Option<String>,
    pub fax: Option<String>,
    pub email: Option<String>,
}

#[derive(Debug, Clone, PartialEq, TenantScoped)]
#[tenancy(
    table = "customer",
    index(support_rep_id),
    unique(email),
    insert_derive(Debug, Clone, serde::Serialize)
)]
pub struct Customer {
    #[tenancy(id)]
    pub id: i32,
    #[tenancy(tenant)]
    pub tenant_id: TenantId,
    pub first_name: String,
    pub last_name: String,
    pub company: Option<String>,
    pub address: Option<String>,
    pub city: Option<String>,
    pub state: Option<String>,
    pub country: Option<String>,
    pub postal_code: Option<String>,
    pub phone: Option<String>,
    pub fax: Option<String>,
    pub email: String,
    #[tenancy(references = Employee, on_delete = "set null")]
    pub support_rep_id: Option<i32>,
}

#[derive(Debug, Clone, PartialEq, TenantScoped)]
#[tenancy(
    table = "invoice",
    index(customer_id),
    index(invoice_date, id),
    insert_derive(Debug, Clone, serde::Serialize)
)]
pub struct Invoice {
    #[tenancy(id)]
    pub id: i32,
    #[tenancy(tenant)]
    pub tenant_id: TenantId,
    #[tenancy(references = Customer, on_delete = "restrict")]
    pub customer_id: i32,
    pub invoice_date: DateTime<Utc>,
    pub billing_address: Option<String>,
    pub billing_city: Option<String>,
    pub billing_state: Option<String>,
    pub billing_country: Option<String>,
    pub billing_postal_code: Option<String>,
    pub total: Decimal,
}

#[derive(Debug, Clone, PartialEq, TenantScoped)]
#[tenancy(
    table = "invoice_line",
    index(invoice_id),
    index(track_id),
    insert_derive(Debug, Clone, serde::Serialize)
)]
pub struct InvoiceLine {
    #[tenancy(id)]
    pub id: i32,
    #[tenancy(tenant)]
    pub tenant_id: TenantId,
    #[tenancy(references = Invoice, on_delete = "cascade")]
    pub invoice_id: i32,
    #[tenancy(references = Track, on_delete = "restrict")]
    pub track_id: i32,
    pub unit_price: Decimal,
    pub quantity: i32,
}

tenancy::schema! {
    /// A shop of digital music.
    pub CHINOOK: [
        Artist, Album, Genre, MediaType, Playlist, Track, PlaylistTrack, Employee, Customer, Invoice, InvoiceLine
    ]
}
