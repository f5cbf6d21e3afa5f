//! `cargo tenancy provision`: what needs an administrator, printed or run.

use sqlx::Connection as _;
use tenancy_core::doctor::Doctor;

use crate::args;
use crate::failure::{Failure, Outcome};
use crate::{ask, database, doctor, style};

pub(crate) async fn run(arguments: &args::Provision) -> Result<Outcome, Failure> {
    let outline = match doctor::from_lock(&arguments.known)? {
        Some(lock) => lock.outline,
        None => {
            let mut pg = database::connect(&database::options(&arguments.url)?).await?;
            doctor::survey(&arguments.known, &mut pg).await?
        }
    };
    let sql = Doctor::of(outline).provision_sql();
    if !arguments.apply {
        crate::output::write(format_args!("{sql}"));
        return Ok(Outcome::Clean);
    }
    let options = database::options(&arguments.url)?;
    let database = database::name(&options);
    let question = format!("Provision the database {database:?} as {:?}?", options.get_username());
    if !ask::whether(&question, arguments.yes)? {
        return Ok(Outcome::Found);
    }
    database::print_warnings();
    let mut pg = database::connect(&options).await?;
    let refused = database::refused("provisioning failed, and nothing was changed");
    let mut transaction = pg.begin().await.map_err(database::refused("the transaction did not begin"))?;
    sqlx::raw_sql(sqlx::AssertSqlSafe(sql)).execute(&mut *transaction).await.map_err(refused)?;
    transaction.commit().await.map_err(database::refused("the transaction did not commit"))?;
    anstream::eprintln!("{}: {database} is provisioned, but for what was warned about", style::good("done"));
    Ok(Outcome::Clean)
}
