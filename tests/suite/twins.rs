//! Two tenants whose rows have the same ids, so that a table of a query without its tenant would pair one's rows with the
//! other's.

use tenancy::prelude::*;
use uuid::Uuid;

use crate::common::*;

/// Rows with ids that both tenants have: three projects, of which one has no task, and four tasks in two levels.
pub struct Twins {
    pub world: World,
    pub projects: [Uuid; 3],
    pub tasks: [Uuid; 4],
}

/// What a battery of queries is expected to find, as it finds it.
pub fn expected(of: &[(&'static str, &[&str])]) -> Vec<(&'static str, Vec<String>)> {
    of.iter().map(|(name, rows)| (*name, rows.iter().map(|row| (*row).to_owned()).collect())).collect()
}

impl Twins {
    pub async fn new() -> Self {
        let twins = Self {
            world: World::new().await,
            projects: [(); 3].map(|()| Uuid::new_v4()),
            tasks: [(); 4].map(|()| Uuid::new_v4()),
        };
        twins.fill(&twins.world.a, "a").await;
        twins.fill(&twins.world.b, "b").await;
        twins
    }

    async fn fill(&self, token: &TenantToken, owner: &str) {
        let mut tx = self.world.db.begin(token).await.expect("a transaction");
        for (i, id) in self.projects.into_iter().enumerate() {
            let new = NewProject { slug: format!("{owner}{i}"), name: format!("{owner} project {i}") };
            let insert = Project::insert(&tx, new).set(|p| p.id, id);
            let insert = if owner == "a" { insert.set(|p| p.note, "of a") } else { insert };
            insert.execute(&mut tx).await.expect("a project");
        }
        let [one, two, _] = self.projects;
        let [first, second, third, fourth] = self.tasks;
        // The other tenant's tasks lie in other projects, and are done.
        let (home, other) = if owner == "a" { (one, two) } else { (two, one) };
        for (i, (id, project, parent)) in [
            (first, home, None),
            (second, home, Some(first)),
            (third, home, Some(first)),
            (fourth, other, None),
        ]
        .into_iter()
        .enumerate()
        {
            let draft = TaskDraft { project_id: project, title: format!("{owner} task {i}") };
            Task::insert(&tx, draft)
                .set(|t| t.id, id)
                .set(|t| t.parent_id, parent)
                .set(|t| t.done, owner == "b" || i == 3)
                .execute(&mut tx)
                .await
                .expect("a task");
        }
        tx.commit().await.expect("a commit");
    }

    /// Rows of two hundred other tenants, so that a plan without an index is no plan.
    pub async fn among_others(&self) {
        let fill = "INSERT INTO projects (tenant_id, slug, name)
                    SELECT md5('t' || i % 200)::uuid, 's' || i, 'n' || i FROM generate_series(1, 20000) AS i;
                    INSERT INTO tasks (tenant_id, project_id, title)
                    SELECT p.tenant_id, p.id, 't' || i FROM projects p, generate_series(1, 3) AS i WHERE p.slug LIKE 's%';
                    ANALYZE projects; ANALYZE tasks";
        run(&mut self.world.superuser().await, fill).await.expect("rows of other tenants");
    }

    /// Switches the second lock off.
    pub async fn without_rls(&self) {
        let mut superuser = self.world.superuser().await;
        run(
            &mut superuser,
            "ALTER TABLE projects DISABLE ROW LEVEL SECURITY; ALTER TABLE tasks DISABLE ROW LEVEL SECURITY",
        )
        .await
        .expect("a superuser may");
        let everything = Project::count(&self.world.a).fetch_one(&self.world.db).await;
        assert_eq!(everything.expect("a count"), 3, "the predicate stands alone");
    }
}
