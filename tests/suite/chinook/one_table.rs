//! Reports over one table, by `find`: each by both locks, and by the predicates alone.

use rust_decimal::Decimal;
use tenancy::Error;
use tenancy::prelude::*;

use super::Chinook;
use super::entities::*;
use super::rows::Cells;

async fn keyset_page(db: &TenantDb, token: &TenantToken) -> Result<Vec<(i32, String, i32)>, Error> {
    let page = Track::find(token)
        .filter(|t| t.milliseconds.gt(250_000).or(t.milliseconds.eq(250_000).and(t.id.gt(100))))
        .order_by(|t| t.milliseconds.asc())
        .order_by(|t| t.id.asc())
        .limit(50)
        .fetch_all(db)
        .await?;
    Ok(page.into_iter().map(|t| (t.id, t.name, t.milliseconds)).collect())
}

/// Decimals as parameters, alone and in an array, and as columns.
async fn invoices_of_an_amount(db: &TenantDb, token: &TenantToken) -> Result<Vec<impl Cells + use<>>, Error> {
    let amount = |cents| Decimal::new(cents, 2);
    let invoices = Invoice::find(token)
        .filter(|i| i.total.between(amount(594), amount(1386)))
        .filter(|i| i.total.not_in([amount(891), amount(990)]))
        .order_by(|i| i.total.desc())
        .order_by(|i| i.id.asc())
        .fetch_all(db)
        .await?;
    Ok(invoices.into_iter().map(|i| (i.id, i.customer_id, i.invoice_date, i.total)).collect())
}

async fn reports(chinook: &Chinook) {
    chinook.same("keyset_page", keyset_page).await;
    chinook.same("invoices_of_an_amount", invoices_of_an_amount).await;
}

#[tokio::test]
async fn reports_over_one_table() {
    reports(&Chinook::shared().await).await;
}

#[tokio::test]
async fn reports_over_one_table_without_policies() {
    reports(&Chinook::without_policies().await).await;
}
