//! By SeaORM.

use std::collections::HashMap;

use sea_orm::ActiveValue::Set;
use sea_orm::sea_query::{Expr, LockBehavior, LockType, OnConflict, Query};
use sea_orm::{
    ColumnTrait as _, Condition, DatabaseConnection, DbErr, EntityTrait as _, ExprTrait as _, JoinType,
    PaginatorTrait as _, QueryFilter as _, QueryOrder as _, QuerySelect as _, RelationTrait as _,
    SelectExt as _, TransactionTrait as _,
};
use uuid::Uuid;

#[allow(unreachable_pub, reason = "SeaORM derives public items")]
mod project {
    use sea_orm::entity::prelude::*;

    #[derive(Debug, Clone, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "projects")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub id: Uuid,
        #[sea_orm(primary_key, auto_increment = false)]
        pub tenant_id: Uuid,
        pub slug: String,
        pub name: String,
    }

    #[derive(Debug, Clone, Copy, EnumIter, DeriveRelation)]
    pub enum Relation {
        #[sea_orm(has_many = "super::task::Entity")]
        Tasks,
    }

    impl ActiveModelBehavior for ActiveModel {}
}

#[allow(unreachable_pub, reason = "SeaORM derives public items")]
mod task {
    use sea_orm::entity::prelude::*;

    #[derive(Debug, Clone, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "tasks")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub id: Uuid,
        #[sea_orm(primary_key, auto_increment = false)]
        pub tenant_id: Uuid,
        pub project_id: Uuid,
        pub title: String,
        pub done: bool,
        pub version: i32,
    }

    #[derive(Debug, Clone, Copy, EnumIter, DeriveRelation)]
    pub enum Relation {
        #[sea_orm(
            belongs_to = "super::project::Entity",
            from = "(Column::TenantId, Column::ProjectId)",
            to = "(super::project::Column::TenantId, super::project::Column::Id)"
        )]
        Project,
    }

    impl Related<super::project::Entity> for Entity {
        fn to() -> RelationDef {
            Relation::Project.def()
        }
    }

    impl ActiveModelBehavior for ActiveModel {}
}

async fn by_id(db: &DatabaseConnection, tenant: Uuid, id: Uuid) -> Result<Option<task::Model>, DbErr> {
    task::Entity::find()
        .filter(task::Column::TenantId.eq(tenant))
        .filter(task::Column::Id.eq(id))
        .one(db)
        .await
}

async fn ordered(db: &DatabaseConnection, tenant: Uuid) -> Result<Vec<task::Model>, DbErr> {
    task::Entity::find()
        .filter(task::Column::TenantId.eq(tenant))
        .filter(task::Column::Done.eq(false))
        .order_by_asc(task::Column::Title)
        .limit(50)
        .all(db)
        .await
}

async fn search(db: &DatabaseConnection, tenant: Uuid, pattern: &str) -> Result<Vec<task::Model>, DbErr> {
    use sea_orm::sea_query::extension::postgres::PgExpr as _;
    task::Entity::find()
        .filter(task::Column::TenantId.eq(tenant))
        .filter(Expr::col(task::Column::Title).ilike(pattern))
        .all(db)
        .await
}

async fn any_of(db: &DatabaseConnection, tenant: Uuid, ids: Vec<Uuid>) -> Result<Vec<task::Model>, DbErr> {
    task::Entity::find()
        .filter(task::Column::TenantId.eq(tenant))
        .filter(task::Column::Id.is_in(ids))
        .all(db)
        .await
}

async fn optional(
    db: &DatabaseConnection,
    tenant: Uuid,
    done: Option<bool>,
) -> Result<Vec<task::Model>, DbErr> {
    let done = done.map(|done| task::Column::Done.eq(done));
    task::Entity::find()
        .filter(Condition::all().add(task::Column::TenantId.eq(tenant)).add_option(done))
        .all(db)
        .await
}

async fn insert(db: &DatabaseConnection, tenant: Uuid, project_id: Uuid) -> Result<task::Model, DbErr> {
    let new = task::ActiveModel {
        tenant_id: Set(tenant),
        project_id: Set(project_id),
        title: Set("write it down".into()),
        ..Default::default()
    };
    task::Entity::insert(new).exec_with_returning(db).await
}

async fn insert_many(
    db: &DatabaseConnection,
    tenant: Uuid,
    project_id: Uuid,
    titles: Vec<String>,
) -> Result<u64, DbErr> {
    let new = titles.into_iter().map(|title| task::ActiveModel {
        tenant_id: Set(tenant),
        project_id: Set(project_id),
        title: Set(title),
        ..Default::default()
    });
    task::Entity::insert_many(new).exec_without_returning(db).await
}

async fn update(db: &DatabaseConnection, tenant: Uuid, project_id: Uuid) -> Result<u64, DbErr> {
    task::Entity::update_many()
        .col_expr(task::Column::Done, Expr::value(true))
        .filter(task::Column::TenantId.eq(tenant))
        .filter(task::Column::ProjectId.eq(project_id))
        .exec(db)
        .await
        .map(|done| done.rows_affected)
}

async fn delete(db: &DatabaseConnection, tenant: Uuid) -> Result<Vec<task::Model>, DbErr> {
    task::Entity::delete_many()
        .filter(task::Column::TenantId.eq(tenant))
        .filter(task::Column::Done.eq(true))
        .exec_with_returning(db)
        .await
}

async fn upsert(db: &DatabaseConnection, tenant: Uuid, slug: &str) -> Result<project::Model, DbErr> {
    let new = project::ActiveModel {
        tenant_id: Set(tenant),
        slug: Set(slug.into()),
        name: Set("the name".into()),
        ..Default::default()
    };
    let key = OnConflict::columns([project::Column::TenantId, project::Column::Slug])
        .update_column(project::Column::Name)
        .to_owned();
    project::Entity::insert(new).on_conflict(key).exec_with_returning(db).await
}

async fn count(db: &DatabaseConnection, tenant: Uuid) -> Result<u64, DbErr> {
    task::Entity::find()
        .filter(task::Column::TenantId.eq(tenant))
        .filter(task::Column::Done.eq(false))
        .count(db)
        .await
}

async fn exists(db: &DatabaseConnection, tenant: Uuid, slug: &str) -> Result<bool, DbErr> {
    project::Entity::find()
        .filter(project::Column::TenantId.eq(tenant))
        .filter(project::Column::Slug.eq(slug))
        .exists(db)
        .await
}

async fn groups(db: &DatabaseConnection, tenant: Uuid) -> Result<Vec<(Uuid, i64)>, DbErr> {
    task::Entity::find()
        .select_only()
        .column(task::Column::ProjectId)
        .column_as(task::Column::Id.count(), "tasks")
        .filter(task::Column::TenantId.eq(tenant))
        .group_by(task::Column::ProjectId)
        .having(task::Column::Id.count().gt(1))
        .into_tuple()
        .all(db)
        .await
}

async fn inner_join(db: &DatabaseConnection, tenant: Uuid) -> Result<Vec<(String, String)>, DbErr> {
    task::Entity::find()
        .select_only()
        .column(task::Column::Title)
        .column(project::Column::Name)
        .join(JoinType::InnerJoin, task::Relation::Project.def())
        .filter(task::Column::TenantId.eq(tenant))
        .into_tuple()
        .all(db)
        .await
}

async fn left_join(db: &DatabaseConnection, tenant: Uuid) -> Result<Vec<(String, Option<String>)>, DbErr> {
    project::Entity::find()
        .select_only()
        .column(project::Column::Name)
        .column(task::Column::Title)
        .join(JoinType::LeftJoin, task::Relation::Project.def().rev())
        .filter(project::Column::TenantId.eq(tenant))
        .into_tuple()
        .all(db)
        .await
}

async fn of_each(
    db: &DatabaseConnection,
    tenant: Uuid,
    projects: Vec<Uuid>,
) -> Result<HashMap<Uuid, Vec<task::Model>>, DbErr> {
    let tasks = task::Entity::find()
        .filter(task::Column::TenantId.eq(tenant))
        .filter(task::Column::ProjectId.is_in(projects))
        .all(db)
        .await?;
    let mut each: HashMap<Uuid, Vec<task::Model>> = HashMap::new();
    for task in tasks {
        each.entry(task.project_id).or_default().push(task);
    }
    Ok(each)
}

async fn having_related(db: &DatabaseConnection, tenant: Uuid) -> Result<Vec<project::Model>, DbErr> {
    let open = Query::select()
        .expr(Expr::value(1))
        .from(task::Entity)
        .and_where(task::Column::TenantId.eq(tenant))
        .and_where(task::Column::Done.eq(false))
        .and_where(
            Expr::col((task::Entity, task::Column::ProjectId)).equals((project::Entity, project::Column::Id)),
        )
        .take();
    project::Entity::find()
        .filter(project::Column::TenantId.eq(tenant))
        .filter(Expr::exists(open))
        .all(db)
        .await
}

async fn page(
    db: &DatabaseConnection,
    tenant: Uuid,
    title: &str,
    id: Uuid,
) -> Result<Vec<task::Model>, DbErr> {
    task::Entity::find()
        .filter(task::Column::TenantId.eq(tenant))
        .cursor_by((task::Column::Title, task::Column::Id))
        .after((title.to_owned(), id))
        .first(50)
        .all(db)
        .await
}

async fn take_a_job(db: &DatabaseConnection, tenant: Uuid) -> Result<(), DbErr> {
    let tx = db.begin().await?;
    let job = task::Entity::find()
        .filter(task::Column::TenantId.eq(tenant))
        .filter(task::Column::Done.eq(false))
        .lock_with_behavior(LockType::Update, LockBehavior::SkipLocked)
        .one(&tx)
        .await?;
    if let Some(job) = job {
        task::Entity::update_many()
            .col_expr(task::Column::Done, Expr::value(true))
            .filter(task::Column::TenantId.eq(tenant))
            .filter(task::Column::Id.eq(job.id))
            .exec(&tx)
            .await?;
    }
    tx.commit().await
}

async fn at_version(db: &DatabaseConnection, tenant: Uuid, task: &task::Model) -> Result<bool, DbErr> {
    let changed = task::Entity::update_many()
        .col_expr(task::Column::Title, Expr::value("edited"))
        .col_expr(task::Column::Version, Expr::col(task::Column::Version).add(1))
        .filter(task::Column::TenantId.eq(tenant))
        .filter(task::Column::Id.eq(task.id))
        .filter(task::Column::Version.eq(task.version))
        .exec(db)
        .await?;
    Ok(changed.rows_affected == 1)
}
