//! Twenty everyday queries as sqlx, diesel and SeaORM write them, over tables with a tenant column: the blocks of
//! `docs/comparison.md`. They are compiled here, so that the chapter shows what exists; the suite of the library compares the
//! texts. Each is as a careful hand writes it: every table has its tenant.

mod diesel;
mod sea_orm;
mod sqlx;
