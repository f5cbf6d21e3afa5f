//! Columns of arrays.

use tenancy::prelude::*;

use crate::common::*;

fn document(project: &Project, id: i64, tags: &[&str], scores: Option<&[i32]>) -> NewDocument {
    NewDocument {
        id,
        project_id: project.id,
        name: format!("document {id}"),
        body: "text".to_owned(),
        tags: tags.iter().copied().map(str::to_owned).collect(),
        scores: scores.map(<[i32]>::to_vec),
    }
}

/// Empty ones, none, long ones, and elements that look like the text of an array.
fn documents(project: &Project) -> Vec<NewDocument> {
    let long: Vec<i32> = (0..5000).collect();
    vec![
        document(project, 1, &["a", "b"], Some(&[1, 2, 3])),
        document(project, 2, &[], None),
        document(project, 3, &["{a,b}", "\"", "NULL", "", "'; --"], Some(&[])),
        document(project, 4, &["b"], Some(&long)),
        document(project, 5, &["c", "c"], Some(&[-1])),
    ]
}

#[tokio::test]
async fn what_goes_in_comes_out() {
    let world = World::new().await;
    let (a, db) = (&world.a, &world.db);
    let project = world.project(a, "mine").await;
    let one_by_one = async || {
        for new in documents(&project) {
            let (tags, scores) = (new.tags.clone(), new.scores.clone());
            let inserted = Document::insert(a, new).fetch_one(db).await.expect("a row");
            assert_eq!((inserted.tags, inserted.scores), (tags, scores));
        }
        let all = Document::find(a).order_by(|d| d.id.asc()).fetch_all(db).await.expect("rows");
        Document::delete(a).permanently().all_rows().execute(db).await.expect("rows");
        all.into_iter().map(|d| (d.id, d.name, d.tags, d.scores)).collect::<Vec<_>>()
    };
    let one_by_one = one_by_one().await;
    let mut together = Document::insert_many(a, documents(&project)).fetch_all(db).await.expect("rows");
    together.sort_by_key(|d| d.id);
    let together: Vec<_> = together.into_iter().map(|d| (d.id, d.name, d.tags, d.scores)).collect();
    assert_eq!(together, one_by_one, "each row has its own arrays");

    let changed = Document::update(a)
        .filter(|d| d.id.eq(1))
        .set(|d| d.tags, vec!["new".to_owned()])
        .set(|d| d.scores, None)
        .fetch_one(db)
        .await
        .expect("a row");
    assert_eq!((&*changed.tags, changed.scores), (&["new".to_owned()][..], None));
    let tags =
        Document::find(a).filter(|d| d.id.eq(3)).select(|d| d.tags).fetch_one(db).await.expect("a row");
    assert_eq!(tags, ["{a,b}", "\"", "NULL", "", "'; --"]);
}

#[tokio::test]
async fn elements_are_asked_for() {
    let world = World::new().await;
    let (a, db) = (&world.a, &world.db);
    let (mine, theirs) = (world.project(a, "mine").await, world.project(&world.b, "theirs").await);
    Document::insert_many(a, documents(&mine)).execute(db).await.expect("rows");
    Document::insert_many(&world.b, documents(&theirs)).execute(db).await.expect("rows");
    macro_rules! finds {
        ($filter:expr, $expected:expr) => {{
            let found =
                Document::find(a).filter($filter).order_by(|d| d.id.asc()).fetch_all(db).await.expect("rows");
            assert!(found.iter().all(|d| d.tenant_id == a.tenant()));
            assert_eq!(found.into_iter().map(|d| d.id).collect::<Vec<_>>(), $expected);
        }};
    }
    finds!(|d| d.tags.contains("b"), [1, 4]);
    finds!(|d| d.tags.contains("'; --"), [3]);
    finds!(|d| d.tags.contains_all(["a", "b"]), [1]);
    finds!(|d| d.tags.overlaps(["a", "c", "{a,b}"]), [1, 3, 5]);
    finds!(|d| d.tags.contains_all([""; 0]), [1, 2, 3, 4, 5]);
    finds!(|d| d.tags.overlaps([""; 0]), [0; 0]);
    finds!(|d| d.tags.eq(vec!["c".to_owned(), "c".to_owned()]), [5]);
    finds!(|d| d.scores.contains(3), [1, 4]);
    finds!(|d| d.scores.is_null(), [2]);
    finds!(|d| d.scores.contains(3).not(), [3, 5]);
}
