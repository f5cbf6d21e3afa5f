//! The store of identities: who may act for whom, sessions, API keys, revocations. As the login that it has in production.

use std::time::{Duration, SystemTime};

use sqlx::PgPool;
use sqlx::postgres::PgPoolOptions;
use tenancy::auth::{
    AuthError, Credential, CredentialKind, Directory, JwtAlgorithm, JwtKey, JwtVerifier, Memberships,
    OpaqueVerifier, PgIdentity, Revocations,
};
use tenancy::prelude::*;
use tenancy::{Label, doctor::Doctor};
use tenancy_testkit::TestDb;

use crate::common::{MIGRATIONS, SCHEMA, connect, run};

const REALM: &str = "https://id.example.com";
const HOUR: Duration = Duration::from_secs(3600);

/// A database with the store in it, applied as its migration is: twice.
pub async fn database() -> TestDb {
    let test = TestDb::with_migrations(&MIGRATIONS).await;
    for _ in 0..2 {
        run(&mut test.connect_as_owner().await, PgIdentity::MIGRATION).await.expect("the migration applies");
    }
    test
}

pub async fn pool(test: &TestDb) -> PgPool {
    PgPoolOptions::new()
        .max_connections(4)
        .connect_with(test.create_identity_login().await)
        .await
        .expect("the store's login connects")
}

pub async fn store(test: &TestDb) -> PgIdentity {
    PgIdentity::new(pool(test).await, REALM)
}

fn label(text: &str) -> Label {
    text.parse().expect("a label")
}

fn sessions(identity: &PgIdentity) -> Authority {
    Authority::new(OpaqueVerifier::new(identity.clone(), CredentialKind::Session))
}

/// A JWT of `subject`, with or without an id and a time, by a key of the test's own.
fn jwt(subject: &str, more: serde_json::Value) -> String {
    let exp = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).expect("after 1970").as_secs() + 600;
    let mut claims = serde_json::json!({ "iss": REALM, "aud": "api", "sub": subject, "exp": exp });
    for (name, value) in more.as_object().expect("an object") {
        claims[name] = value.clone();
    }
    let header = jsonwebtoken::Header::new(jsonwebtoken::Algorithm::HS256);
    jsonwebtoken::encode(&header, &claims, &jsonwebtoken::EncodingKey::from_secret(&[7; 32])).expect("signed")
}

fn users() -> Authority {
    let key = JwtKey::from_secret(JwtAlgorithm::HS256, &[7; 32]).expect("a key");
    let verifier =
        JwtVerifier::builder().issuer(REALM).audience("api").key(key).without_tenant_claim().build();
    Authority::new(verifier.expect("a verifier"))
}

#[tokio::test]
async fn a_session_is_what_the_store_says_it_is() {
    let test = database().await;
    let identity = store(&test).await;
    let acme = identity.create_tenant(&label("acme")).await.expect("created");
    let issue =
        async |kind, lifetime| identity.issue(kind, "ada", Some(acme), lifetime).await.expect("issued");
    let session = issue(CredentialKind::Session, HOUR).await;
    let authority = sessions(&identity);

    let token = authority.authenticate(&session.reveal()).await.expect("its own");
    assert_eq!((token.tenant(), token.subject()), (acme, "ada"));
    // Believed for a quarter of an hour, and not for as long as the session lives.
    assert!(token.expires_at() < SystemTime::now() + Duration::from_secs(16 * 60));

    // The id of one and the secret of another; other kinds, realms, and forms.
    let text = session.reveal();
    let another = issue(CredentialKind::Session, HOUR).await.reveal();
    let mixed = format!("{}{}", &text[..4 + 22], &another[4 + 22..]);
    let key = issue(CredentialKind::ApiKey, HOUR).await.reveal();
    let flipped = |at: usize| {
        let mut bytes = text.clone().into_bytes();
        bytes[at] = if bytes[at] == b'A' { b'B' } else { b'A' };
        String::from_utf8(bytes).expect("ASCII")
    };
    for (name, credential, expected) in [
        ("another's secret", mixed, AuthError::UnknownCredential),
        ("the first byte of the secret", flipped(4 + 22), AuthError::UnknownCredential),
        ("the last byte", flipped(text.len() - 1), AuthError::UnknownCredential),
        ("another id", flipped(6), AuthError::UnknownCredential),
        ("an API key", key.clone(), AuthError::NotACredential),
        ("an API key as a session", key.replace("tnk_", "tns_"), AuthError::UnknownCredential),
        ("cut off", text[..text.len() - 1].to_owned(), AuthError::NotACredential),
        ("more", format!("{text}A"), AuthError::NotACredential),
        ("padding", format!("{text}="), AuthError::NotACredential),
        ("a blank", format!(" {text}"), AuthError::NotACredential),
        ("upper case", text.to_uppercase(), AuthError::NotACredential),
        ("nothing", String::new(), AuthError::NotACredential),
        ("a prefix", "tns_".into(), AuthError::NotACredential),
        ("SQL", "tns_' OR 1=1 --".into(), AuthError::NotACredential),
        ("a megabyte", format!("tns_{}", "A".repeat(1 << 20)), AuthError::NotACredential),
        ("ß", format!("tns_{}", "ß".repeat(32)), AuthError::NotACredential),
    ] {
        assert_eq!(authority.authenticate(&credential).await.err(), Some(expected), "{name}");
    }
    let elsewhere = PgIdentity::new(pool(&test).await, "https://other.example");
    let refused = sessions(&elsewhere).authenticate(&text).await.err();
    assert_eq!(refused, Some(AuthError::UnknownCredential), "of another realm");

    // It ends at once.
    assert!(identity.revoke(acme, session.id()).await.expect("revoked"));
    assert!(!identity.revoke(acme, session.id()).await.expect("said again"));
    assert_eq!(authority.authenticate(&text).await.err(), Some(AuthError::Revoked));
    authority.authenticate(&another).await.expect("the other one goes on");

    let short = issue(CredentialKind::Session, Duration::from_millis(1500)).await;
    authority.authenticate(&short.reveal()).await.expect("still good");
    tokio::time::sleep(Duration::from_millis(1600)).await;
    assert_eq!(authority.authenticate(&short.reveal()).await.err(), Some(AuthError::Expired));
    assert!(identity.delete_expired().await.expect("deleted") >= 1);
    assert_eq!(authority.authenticate(&short.reveal()).await.err(), Some(AuthError::UnknownCredential));
}

/// The id of a credential is no secret, and may come from a client.
#[tokio::test]
async fn nobody_ends_what_is_anothers() {
    let test = database().await;
    let identity = store(&test).await;
    let acme = identity.create_tenant(&label("acme")).await.expect("created");
    let globex = identity.create_tenant(&label("globex")).await.expect("created");
    let authority = sessions(&identity);
    let issue =
        async || identity.issue(CredentialKind::Session, "ada", Some(acme), HOUR).await.expect("issued");
    let session = issue().await;
    let text = session.reveal();
    let forged = format!("{}{}", &text[..4 + 22], &issue().await.reveal()[4 + 22..]);
    assert!(!identity.revoke(globex, session.id()).await.expect("another tenant's"));
    assert!(!identity.revoke_own("bob", session.id()).await.expect("another user's"));
    for not_it in [&forged, "", "tns_", &text.replace("tns_", "tnk_"), &session.id().to_string()] {
        assert!(!identity.revoke_presented(not_it).await.expect("none"), "{not_it}");
    }
    let elsewhere = PgIdentity::new(pool(&test).await, "https://other.example");
    assert!(!elsewhere.revoke(acme, session.id()).await.expect("another realm's"));
    assert!(!elsewhere.revoke_presented(&text).await.expect("another realm's"));
    authority.authenticate(&text).await.expect("it goes on");

    assert!(identity.revoke_presented(&text).await.expect("signed out"));
    assert_eq!(authority.authenticate(&text).await.err(), Some(AuthError::Revoked));
    let session = issue().await;
    assert!(identity.revoke_own("ada", session.id()).await.expect("her own"));
    assert_eq!(authority.authenticate(&session.reveal()).await.err(), Some(AuthError::Revoked));
}

#[tokio::test]
async fn the_store_holds_no_secret_and_shows_none() {
    let test = database().await;
    let identity = store(&test).await;
    let acme = identity.create_tenant(&label("acme")).await.expect("created");
    let session: Credential =
        identity.issue(CredentialKind::Session, "ada", Some(acme), HOUR).await.expect("issued");
    let text = session.reveal();
    let held: String = sqlx::query_scalar(
        "SELECT string_agg(c::text || encode(hash, 'base64') || encode(hash, 'hex'), '') FROM tenancy_identity.credentials c",
    )
    .fetch_one(&mut test.connect_as_superuser().await)
    .await
    .expect("read");
    let secret = &text[4 + 22..];
    assert!(!held.contains(secret) && !held.contains(&secret[2..20]), "{held}");
    let shown = format!("{session:?} {identity:?}");
    assert!(!shown.contains(&secret[2..20]), "{shown}");
}

#[tokio::test]
async fn only_members_get_a_token() {
    let test = database().await;
    let identity = store(&test).await;
    let [acme, globex] = [label("acme"), label("globex")];
    let (acme, globex) = (
        identity.create_tenant(&acme).await.expect("created"),
        identity.create_tenant(&globex).await.expect("created"),
    );
    assert!(identity.admit(acme, "ada").await.expect("admitted"));
    assert!(!identity.admit(acme, "ada").await.expect("said again"));
    identity.admit(globex, "bob").await.expect("admitted");
    let memberships = Memberships::new(identity.clone());
    let authority = users().with_memberships(memberships.clone());
    let [ada, bob] = ["ada", "bob"].map(|subject| jwt(subject, serde_json::json!({})));

    let token = authority.authenticate_for(&ada, acme).await.expect("a member");
    assert_eq!((token.tenant(), token.subject()), (acme, "ada"));
    authority.authenticate_for(&bob, globex).await.expect("a member");
    for (name, jwt, tenant, expected) in [
        ("another's tenant", &ada, globex, AuthError::NotAMember),
        ("another's tenant", &bob, acme, AuthError::NotAMember),
        ("nobody's tenant", &ada, TenantId::random(), AuthError::UnknownTenant),
    ] {
        assert_eq!(authority.authenticate_for(jwt, tenant).await.err(), Some(expected), "{name}");
    }
    assert_eq!(authority.authenticate(&ada).await.err(), Some(AuthError::NoTenantChosen));
    // Without memberships nobody is believed to be a member.
    assert_eq!(users().authenticate_for(&ada, acme).await.err(), Some(AuthError::NoMemberships));
    // Subjects are those of one issuer.
    let elsewhere = PgIdentity::new(pool(&test).await, "https://other.example");
    let other = users().with_memberships(Memberships::new(elsewhere));
    assert_eq!(other.authenticate_for(&ada, acme).await.err(), Some(AuthError::NotAMember));
    // Whatever a subject is called, it is a value.
    for subject in ["ada' OR '1'='1", "ada\0", "Ada", " ada", "ada\n", "%", "ADA", "\u{0430}da"] {
        let hostile = jwt(subject, serde_json::json!({}));
        let refused = authority.authenticate_for(&hostile, acme).await.err();
        assert_eq!(refused, Some(AuthError::NotAMember), "{subject:?}");
    }

    // Expelled: at once in this process when it is told, in others within the time that answers are kept.
    assert!(identity.expel(acme, "ada").await.expect("expelled"));
    authority.authenticate_for(&ada, acme).await.expect("kept for a moment");
    memberships.forget("ada");
    assert_eq!(authority.authenticate_for(&ada, acme).await.err(), Some(AuthError::NotAMember));
    identity.suspend(globex).await.expect("suspended");
    memberships.forget_tenant(globex);
    assert_eq!(authority.authenticate_for(&bob, globex).await.err(), Some(AuthError::Suspended));
    identity.resume(globex).await.expect("resumed");
    memberships.forget_tenant(globex);
    authority.authenticate_for(&bob, globex).await.expect("a member again");
}

#[tokio::test]
async fn an_expelled_members_sessions_end() {
    let test = database().await;
    let identity = store(&test).await;
    let acme = identity.create_tenant(&label("acme")).await.expect("created");
    identity.admit(acme, "ada").await.expect("admitted");
    let session = identity.issue(CredentialKind::Session, "ada", Some(acme), HOUR).await.expect("issued");
    let user = identity.issue(CredentialKind::Session, "ada", None, HOUR).await.expect("issued");
    let authority =
        sessions(&identity).with_memberships(Memberships::with_ttl(identity.clone(), Duration::ZERO));
    authority.authenticate(&session.reveal()).await.expect("a member's");
    authority.authenticate_for(&user.reveal(), acme).await.expect("a member's");
    identity.expel(acme, "ada").await.expect("expelled");
    assert_eq!(authority.authenticate(&session.reveal()).await.err(), Some(AuthError::Revoked));
    assert_eq!(authority.authenticate_for(&user.reveal(), acme).await.err(), Some(AuthError::NotAMember));
    // Back again: the old session stays revoked.
    identity.admit(acme, "ada").await.expect("admitted");
    assert_eq!(authority.authenticate(&session.reveal()).await.err(), Some(AuthError::Revoked));
    authority.authenticate_for(&user.reveal(), acme).await.expect("a member's");
}

#[tokio::test]
async fn tokens_are_revoked_and_cut_off() {
    let test = database().await;
    let identity = store(&test).await;
    let [acme, globex] =
        [identity.create_tenant(&label("acme")).await, identity.create_tenant(&label("globex")).await];
    let (acme, globex) = (acme.expect("created"), globex.expect("created"));
    for tenant in [acme, globex] {
        for subject in ["ada", "bob"] {
            identity.admit(tenant, subject).await.expect("admitted");
        }
    }
    let authority = users()
        .with_memberships(Memberships::new(identity.clone()))
        .with_revocations(Revocations::new(identity.clone()));
    let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).expect("after 1970").as_secs();
    let issued =
        |subject: &str, ago: u64, id: &str| jwt(subject, serde_json::json!({ "iat": now - ago, "jti": id }));
    let ok = async |jwt: &str, tenant| authority.authenticate_for(jwt, tenant).await.map(drop);
    let revoked = Err(AuthError::Revoked);

    let (one, other) = (issued("ada", 100, "one"), issued("ada", 100, "other"));
    assert_eq!((ok(&one, acme).await, ok(&other, acme).await), (Ok(()), Ok(())));
    identity.revoke_token("one", HOUR).await.expect("revoked");
    assert_eq!((ok(&one, acme).await, ok(&other, acme).await), (revoked, Ok(())));

    // A member of one tenant, a user, a whole tenant.
    identity.cut_off_member(acme, "ada").await.expect("cut off");
    assert_eq!((ok(&other, acme).await, ok(&other, globex).await), (revoked, Ok(())));
    identity.cut_off("ada").await.expect("cut off");
    assert_eq!(ok(&other, globex).await, revoked);
    let bob = issued("bob", 100, "bob");
    assert_eq!((ok(&bob, acme).await, ok(&bob, globex).await), (Ok(()), Ok(())));
    identity.cut_off_tenant(acme).await.expect("cut off");
    assert_eq!((ok(&bob, acme).await, ok(&bob, globex).await), (revoked, Ok(())));
    // What does not say when it was issued lies before every cut-off; what was issued afterwards counts.
    assert_eq!(ok(&jwt("ada", serde_json::json!({})), globex).await, revoked);
    assert_eq!(ok(&jwt("bob", serde_json::json!({})), globex).await, Ok(()));
    tokio::time::sleep(Duration::from_millis(1100)).await;
    let later = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).expect("after 1970").as_secs();
    let fresh = jwt("ada", serde_json::json!({ "iat": later }));
    assert_eq!((ok(&fresh, acme).await, ok(&fresh, globex).await), (Ok(()), Ok(())));
}

#[tokio::test]
async fn an_answer_that_is_kept_ends_when_it_is_forgotten() {
    let test = database().await;
    let identity = store(&test).await;
    let acme = identity.create_tenant(&label("acme")).await.expect("created");
    let revocations = Revocations::with_ttl(identity.clone(), HOUR);
    let authority = sessions(&identity).with_revocations(revocations.clone());
    let session = identity.issue(CredentialKind::Session, "ada", Some(acme), HOUR).await.expect("issued");
    authority.authenticate(&session.reveal()).await.expect("good");
    identity.cut_off("ada").await.expect("cut off");
    authority.authenticate(&session.reveal()).await.expect("kept, as was asked for");
    revocations.forget("ada");
    assert_eq!(authority.authenticate(&session.reveal()).await.err(), Some(AuthError::Revoked));
}

#[tokio::test]
async fn labels_lead_to_tenants() {
    let test = database().await;
    let identity = store(&test).await;
    let acme = identity.create_tenant(&label("acme")).await.expect("created");
    identity.create_tenant(&label("acme")).await.expect_err("it is taken");
    let directory = Directory::new(identity.clone());
    assert_eq!(directory.visit(&label("acme")).await.expect("there").tenant(), acme);
    assert_eq!(directory.visit(&label("globex")).await, Err(AuthError::UnknownTenant));
    identity.create_tenant(&label("globex")).await.expect("created");
    assert_eq!(directory.visit(&label("globex")).await, Err(AuthError::UnknownTenant), "kept for a moment");
    directory.forget(&label("globex"));
    directory.visit(&label("globex")).await.expect("there");
    identity.suspend(acme).await.expect("suspended");
    directory.forget(&label("acme"));
    assert_eq!(directory.visit(&label("acme")).await, Err(AuthError::Suspended));
}

/// The application's login, through raw SQL, neither learns nor decides who may act for whom; and the store's login reads no
/// tenant's rows.
#[tokio::test]
async fn neither_login_reaches_what_is_the_others() {
    let test = database().await;
    let identity = store(&test).await;
    let acme = identity.create_tenant(&label("acme")).await.expect("created");
    identity.admit(acme, "ada").await.expect("admitted");
    identity.issue(CredentialKind::Session, "ada", Some(acme), HOUR).await.expect("issued");
    assert_eq!(identity.members(acme).await.expect("the store reads"), ["ada"]);
    assert_eq!(identity.tenants_of("ada").await.expect("the store reads"), [(acme, "acme".to_owned())]);

    let mut app = connect(&test.app()).await;
    let tables = ["tenants", "members", "credentials", "revoked_tokens", "cut_offs"];
    for table in tables {
        for sql in ["SELECT * FROM", "DELETE FROM", "TRUNCATE"] {
            let refused =
                run(&mut app, &format!("{sql} tenancy_identity.{table}")).await.expect_err("refused");
            let sqlx::Error::Database(refused) = refused else { panic!("{refused}") };
            assert_eq!(refused.code().as_deref(), Some("42501"), "{sql} {table}");
        }
    }
    run(&mut app, "SET ROLE tenancy_identity").await.expect_err("it is no member");
    // Even when somebody grants it one day, row-level security shows nothing.
    let mut superuser = test.connect_as_superuser().await;
    run(&mut superuser, "GRANT USAGE ON SCHEMA tenancy_identity TO tenancy_app; GRANT ALL ON ALL TABLES IN SCHEMA tenancy_identity TO tenancy_app")
        .await
        .expect("granted");
    for table in tables {
        let rows = sqlx::query(sqlx::AssertSqlSafe(format!("SELECT * FROM tenancy_identity.{table}")))
            .fetch_all(&mut app)
            .await
            .expect("it may now");
        assert!(rows.is_empty(), "{table}");
    }

    run(&mut superuser, &format!("INSERT INTO projects (tenant_id, slug, name) VALUES ('{acme}', 's', 'n')"))
        .await
        .expect("a row");
    let mut own = connect(&test.create_identity_login().await).await;
    run(&mut own, "SELECT * FROM tenancy_identity.tenants").await.expect("its own");
    run(&mut own, "SELECT * FROM projects").await.expect_err("no business of its");
}

#[tokio::test]
async fn the_store_is_sound_to_connect_and_to_the_doctor() {
    let test = database().await;
    let authority = tenancy_testkit::TestAuthority::new();
    test.connect(&SCHEMA, &authority).await;
    let report = Doctor::new(&SCHEMA)
        .expect("a schema")
        .examine(&mut test.connect_as_superuser().await)
        .await
        .expect("examined");
    let about = |text: &str| text.contains("tenancy_identity");
    let found: Vec<_> =
        report.findings.iter().filter(|finding| about(&finding.object) || about(&finding.problem)).collect();
    assert!(found.is_empty(), "{found:#?}");
}

/// A store that is gone refuses, and says so to the log alone.
#[tokio::test]
async fn a_store_that_does_not_answer_lets_nobody_in() {
    let test = database().await;
    let pool = pool(&test).await;
    let identity = PgIdentity::new(pool.clone(), REALM);
    let acme = identity.create_tenant(&label("acme")).await.expect("created");
    identity.admit(acme, "ada").await.expect("admitted");
    let session = identity.issue(CredentialKind::Session, "ada", Some(acme), HOUR).await.expect("issued");
    let jwt = jwt("ada", serde_json::json!({}));
    let by_membership = users().with_memberships(Memberships::with_ttl(identity.clone(), Duration::ZERO));
    let revocable = sessions(&identity).with_revocations(Revocations::new(identity.clone()));
    by_membership.authenticate_for(&jwt, acme).await.expect("a member");
    revocable.authenticate(&session.reveal()).await.expect("good");
    pool.close().await;
    assert_eq!(by_membership.authenticate_for(&jwt, acme).await.err(), Some(AuthError::NoStore));
    assert_eq!(revocable.authenticate(&session.reveal()).await.err(), Some(AuthError::NoStore));
    assert_eq!(Directory::new(identity).visit(&label("acme")).await.err(), Some(AuthError::NoStore));
}
