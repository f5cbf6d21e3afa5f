mod database_for_sqlx;
mod executor_of_ones_own;
mod pg_connection;
mod pg_pool;
mod raw;
mod sqlx_transaction;
mod transaction_for_sqlx;
