//! [`Proof`] and [`ReadProof`]: what a statement asks for before it can be built.

use crate::{PublicRead, PublicTenant, TenantScoped, TenantToken, TenantTx};

/// Proof that a tenant was verified: a [`TenantToken`], or a [`TenantTx`] that was begun with one. Sealed.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not proof that a tenant was verified",
    label = "expected `&TenantToken` or `&TenantTx`",
    note = "a `TenantToken` comes from `Authority::authenticate`; a bare id proves nothing, and a `PublicTenant` only reads"
)]
pub trait Proof: sealed::Sealed {
    #[doc(hidden)]
    fn token(&self) -> &TenantToken;
}

/// What lets somebody read `E`: [`Proof`], or a [`PublicTenant`] where `E` is [`PublicRead`]. Sealed.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not proof that a tenant was verified",
    label = "expected `&TenantToken` or `&TenantTx`",
    note = "a `TenantToken` comes from `Authority::authenticate`; a bare id proves nothing"
)]
pub trait ReadProof<E: TenantScoped>: sealed::Sealed {
    #[doc(hidden)]
    fn scope(&self) -> Scope;
}

/// Whose rows a statement is about, and by what right.
#[derive(Debug, Clone)]
pub enum Scope {
    /// A tenant that was verified.
    Tenant(TenantToken),
    /// One whose site is visited.
    Public(PublicTenant),
}

impl Scope {
    pub(crate) fn is_expired(&self) -> bool {
        matches!(self, Self::Tenant(token) if token.is_expired())
    }
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

// One for each, and none for every `Proof`: so that the compiler knows which bound a `PublicTenant` fails, and says it.
impl<E: TenantScoped> ReadProof<E> for TenantToken {
    fn scope(&self) -> Scope {
        Scope::Tenant(self.clone())
    }
}

impl<E: TenantScoped> ReadProof<E> for TenantTx {
    fn scope(&self) -> Scope {
        Scope::Tenant(self.token().clone())
    }
}

impl sealed::Sealed for PublicTenant {}
impl<E: PublicRead> ReadProof<E> for PublicTenant {
    fn scope(&self) -> Scope {
        Scope::Public(self.clone())
    }
}

// Without these, `&&TenantToken` would read "is not proof".
impl<P: sealed::Sealed + ?Sized> sealed::Sealed for &P {}
#[diagnostic::do_not_recommend]
impl<P: Proof + ?Sized> Proof for &P {
    fn token(&self) -> &TenantToken {
        (**self).token()
    }
}
#[diagnostic::do_not_recommend]
impl<E: TenantScoped, P: ReadProof<E> + ?Sized> ReadProof<E> for &P {
    fn scope(&self) -> Scope {
        (**self).scope()
    }
}

impl<P: sealed::Sealed + ?Sized> sealed::Sealed for &mut P {}
#[diagnostic::do_not_recommend]
impl<P: Proof + ?Sized> Proof for &mut P {
    fn token(&self) -> &TenantToken {
        (**self).token()
    }
}
#[diagnostic::do_not_recommend]
impl<E: TenantScoped, P: ReadProof<E> + ?Sized> ReadProof<E> for &mut P {
    fn scope(&self) -> Scope {
        (**self).scope()
    }
}
