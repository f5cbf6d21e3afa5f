//! Two people with a browser each: what the pages do, and what browsers do with cookies, hosts and policies.

use fantoccini::Locator;
use tracker::Tracker;

use crate::chromium::{Browser, Chromium};
use crate::world::{World, password};

fn project(name: &str) -> String {
    format!("//*[@id='projects']//button[text()='{name}']")
}

fn task(title: &str) -> String {
    format!("//*[@id='tasks']//label[span[text()='{title}']]/input")
}

/// From the tenant's front door to its projects, by typing.
async fn log_in(browser: &Browser, tracker: &Tracker, label: &str, name: &str) {
    browser.go(&tracker.url(label)).await;
    browser.click("//a[text()='Sign in']").await;
    give_password(browser, name).await;
    browser.see(&format!("//*[@id='subject'][text()='{name}']")).await;
    browser.see(&project("Website")).await;
}

async fn give_password(browser: &Browser, name: &str) {
    browser.write("Name", name).await;
    browser.write("Password", password(name)).await;
    browser.click("//button[text()='Log in']").await;
}

async fn add_project_and_task(browser: &Browser, name: &str, title: &str) {
    browser.write("New project", name).await;
    browser.click("//button[text()='Add project']").await;
    browser.see(&format!("//*[@id='project-title'][text()='{name}']")).await;
    browser.write("New task", title).await;
    browser.click("//button[text()='Add task']").await;
    browser.see(&task(title)).await;
}

#[tokio::test]
async fn two_people_work_side_by_side_and_see_their_own() {
    let world = World::new().await;
    let chromium = Chromium::start();
    let (ada, bob) = (chromium.browser().await, chromium.browser().await);
    log_in(&ada, &world.tracker, "acme", "ada").await;
    log_in(&bob, &world.tracker, "globex", "bob").await;

    // The same name at both, and a text that would be more than a text if anybody read it as HTML.
    add_project_and_task(&ada, "Moon", "<img src=x onerror=alert(1)> of Ada").await;
    add_project_and_task(&bob, "Moon", "of Bob").await;
    let adas = &task("<img src=x onerror=alert(1)> of Ada");
    assert!(!ada.has("//*[@id='tasks']//img").await);

    // A second window of the same tenant keeps in step by itself, in both directions.
    let first = ada.0.window().await.expect("a window");
    let second = ada.0.new_window(true).await.expect("a window").handle;
    let (to_first, to_second) = (
        async || ada.0.switch_to_window(first.clone()).await,
        async || ada.0.switch_to_window(second.clone()).await,
    );
    to_second().await.expect("it is there");
    ada.go(&format!("{}/app", world.tracker.url("acme"))).await;
    ada.click(&project("Moon")).await;
    ada.see(adas).await;
    assert!(ada.0.find(Locator::Css("#tasks input:checked")).await.is_err());
    to_first().await.expect("it is there");
    ada.click(adas).await;
    to_second().await.expect("it is there");
    ada.see_css("#tasks input:checked").await;
    ada.0.refresh().await.expect("it can be loaded again");
    ada.click(&project("Moon")).await;
    ada.see_css("#tasks input:checked").await;

    add_project_and_task(&ada, "Mars", "Land").await;
    to_first().await.expect("it is there");
    ada.click(&project("Mars")).await;
    ada.see(&task("Land")).await;
    ada.click("//button[text()='Delete this project']").await;
    to_second().await.expect("it is there");
    ada.see_no_more(&project("Mars")).await;

    bob.0.refresh().await.expect("it can be loaded again");
    bob.click(&project("Moon")).await;
    bob.see(&task("of Bob")).await;
    let (of_ada, of_bob) = (ada.text().await, bob.text().await);
    for (text, own, others) in
        [(&of_ada, "Rocket", ["Weather machine", "bob"]), (&of_bob, "Weather machine", ["Rocket", "ada"])]
    {
        assert!(text.contains(own) && text.contains("both"), "{text}");
        assert!(others.iter().all(|other| !text.contains(other)), "{text}");
    }

    // An error is shown, and the page goes on.
    bob.write("New project", "Moon").await;
    bob.click("//button[text()='Add project']").await;
    bob.see("//*[@id='error'][contains(text(),'There is one of that name already.')]").await;

    bob.click("//button[text()='Log out']").await;
    bob.see("//a[text()='Sign in']").await;
    bob.go(&format!("{}/app", world.tracker.url("globex"))).await;
    assert_eq!(bob.address().await, format!("{}/", world.tracker.url("globex")));
}

#[tokio::test]
async fn a_session_of_one_tenant_does_not_open_another_in_the_same_browser() {
    let world = World::new().await;
    let chromium = Chromium::start();
    let ada = chromium.browser().await;
    log_in(&ada, &world.tracker, "acme", "ada").await;

    let globex = world.tracker.url("globex");
    ada.go(&format!("{globex}/app")).await;
    assert_eq!(ada.address().await, format!("{globex}/"), "without a session there, it is the landing page");
    ada.click("//a[text()='Sign in']").await;
    give_password(&ada, "ada").await;
    ada.see("//*[@id='notice'][text()='You are not a member here.']").await;
    ada.go(&format!("{globex}/api/projects")).await;
    assert!(ada.text().await.contains("401"), "{}", ada.text().await);

    ada.go(&format!("{}/app", world.tracker.url("acme"))).await;
    ada.see(&project("Rocket")).await;
}
