//! Two tenants and three users, to begin with. One of the users is a member of both.

use crate::Result;
use crate::app::{App, NewTenant};

/// Names and passwords. The provider listens on this machine alone.
pub const USERS: [(&str, &str); 3] =
    [("ada", "analytical engine"), ("bob", "bits and bobs"), ("both", "two hats")];

pub(crate) async fn seed(app: &App) -> Result<()> {
    app.sign_up(NewTenant {
        label: "acme",
        headline: "Acme Corporation",
        text: "Anvils, rockets, and everything that a coyote needs.",
        members: &["ada", "both"],
        projects: &[
            ("Website", &["Choose a colour", "Take photographs of anvils"]),
            ("Rocket", &["Find fuel"]),
        ],
    })
    .await?;
    app.sign_up(NewTenant {
        label: "globex",
        headline: "Globex",
        text: "Bringing things together that belong apart.",
        members: &["bob", "both"],
        // The same name as one of Acme's, which is nobody's business.
        projects: &[("Website", &["Write down who we are"]), ("Weather machine", &["Order clouds"])],
    })
    .await?;
    Ok(())
}
