//! Reports over one table, by `find`.

use rust_decimal::Decimal;
use tenancy::Error;
use tenancy::prelude::*;

use super::Chinook;
use super::entities::*;

#[tokio::test]
async fn keyset_page() {
    let chinook = Chinook::shared().await;
    chinook
        .same("keyset_page", async |db, token| {
            let page = Track::find(token)
                .filter(|t| t.milliseconds.gt(250_000).or(t.milliseconds.eq(250_000).and(t.id.gt(100))))
                .order_by(|t| t.milliseconds.asc())
                .order_by(|t| t.id.asc())
                .limit(50)
                .fetch_all(db)
                .await?;
            Ok::<_, Error>(page.into_iter().map(|t| (t.id, t.name, t.milliseconds)).collect())
        })
        .await;
}

/// Decimals as parameters, alone and in an array, and as columns.
#[tokio::test]
async fn invoices_of_an_amount() {
    let chinook = Chinook::shared().await;
    let amount = |cents| Decimal::new(cents, 2);
    chinook
        .same("invoices_of_an_amount", async |db, token| {
            let invoices = Invoice::find(token)
                .filter(|i| i.total.between(amount(594), amount(1386)))
                .filter(|i| i.total.not_in([amount(891), amount(990)]))
                .order_by(|i| i.total.desc())
                .order_by(|i| i.id.asc())
                .fetch_all(db)
                .await?;
            Ok::<_, Error>(
                invoices.into_iter().map(|i| (i.id, i.customer_id, i.invoice_date, i.total)).collect(),
            )
        })
        .await;
}
