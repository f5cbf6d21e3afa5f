use ui_tests::*;

pub async fn case(site: PublicTenant, token: TenantToken, mut tx: TenantTx, pages: BoxStream<'_, NewPage>) {
    _ = (&site, &token);
    Page::insert_stream(&token, pages).execute(&mut tx).await.ok();
}
