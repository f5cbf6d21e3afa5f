//! [`Proof`]: what a statement asks for before it can be built.

use crate::{TenantToken, TenantTx};

/// Proof that a tenant was verified: a [`TenantToken`], or a [`TenantTx`] that was begun with one. Sealed.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not proof that a tenant was verified",
    label = "expected `&TenantToken` or `&TenantTx`",
    note = "a `TenantToken` comes from `Authority::authenticate`; a bare id proves nothing"
)]
pub trait Proof: sealed::Sealed {
    #[doc(hidden)]
    fn token(&self) -> &TenantToken;
}

mod sealed {
    pub trait Sealed {}
}

impl sealed::Sealed for TenantToken {}
impl Proof for TenantToken {
    fn token(&self) -> &TenantToken {
        self
    }
}

impl sealed::Sealed for TenantTx {}
impl Proof for TenantTx {
    fn token(&self) -> &TenantToken {
        self.token()
    }
}

// Without these, `&&TenantToken` would read "is not proof".
impl<P: Proof + ?Sized> sealed::Sealed for &P {}
#[diagnostic::do_not_recommend]
impl<P: Proof + ?Sized> Proof for &P {
    fn token(&self) -> &TenantToken {
        (**self).token()
    }
}

impl<P: Proof + ?Sized> sealed::Sealed for &mut P {}
#[diagnostic::do_not_recommend]
impl<P: Proof + ?Sized> Proof for &mut P {
    fn token(&self) -> &TenantToken {
        (**self).token()
    }
}
