//! [`Proof`] and [`ReadProof`]: what a statement asks for before it can be built.

use crate::entity::{Entity, ReadByVisitors};
use crate::{PublicTenant, TenantToken, TenantTx};

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

/// What lets somebody read `E`: [`Proof`], or a [`PublicTenant`] where `E` is [`ReadByVisitors`]. Sealed.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not proof that a tenant was verified",
    label = "expected `&TenantToken` or `&TenantTx`",
    note = "a `TenantToken` comes from `Authority::authenticate`; a bare id proves nothing"
)]
pub trait ReadProof<E: Entity>: sealed::Sealed {
    /// By what right: [`Verified`] or [`Visitor`].
    type Reader: MayRead<E>;

    #[doc(hidden)]
    fn scope(&self) -> Scope;
}

/// A reader who was verified: any entity may be joined.
#[derive(Debug)]
pub enum Verified {}
/// A visitor: only what is [`ReadByVisitors`] may be joined.
#[derive(Debug)]
pub enum Visitor {}

/// Who may read `E`, and so join it: [`Verified`], or a [`Visitor`] where `E` is [`ReadByVisitors`]. Sealed.
#[diagnostic::on_unimplemented(
    message = "a visitor must not see `{E}`",
    label = "`{E}` is not `public_read`",
    note = "take a `TenantToken`, or say `#[tenancy(public_read)]` of `{E}` when all of its columns are public"
)]
pub trait MayRead<E: Entity>: sealed::Sealed {}
impl<E: Entity> MayRead<E> for Verified {}
#[diagnostic::do_not_recommend]
impl<E: ReadByVisitors> MayRead<E> for Visitor {}

impl sealed::Sealed for Verified {}
impl sealed::Sealed for Visitor {}

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
impl<E: Entity> ReadProof<E> for TenantToken {
    type Reader = Verified;

    fn scope(&self) -> Scope {
        Scope::Tenant(self.clone())
    }
}

impl<E: Entity> ReadProof<E> for TenantTx {
    type Reader = Verified;

    fn scope(&self) -> Scope {
        Scope::Tenant(self.token().clone())
    }
}

impl sealed::Sealed for PublicTenant {}
impl<E: ReadByVisitors> ReadProof<E> for PublicTenant {
    type Reader = Visitor;

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
impl<E: Entity, P: ReadProof<E> + ?Sized> ReadProof<E> for &P {
    type Reader = P::Reader;

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
impl<E: Entity, P: ReadProof<E> + ?Sized> ReadProof<E> for &mut P {
    type Reader = P::Reader;

    fn scope(&self) -> Scope {
        (**self).scope()
    }
}
