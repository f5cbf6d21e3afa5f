mod connection_for_sqlx;
mod read_on_a_tenant_db;
mod report_is_no_proof;
mod report_writes;
mod statement_of_a_tenant;
mod without_a_reason;
