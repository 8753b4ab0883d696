use super::*;

fn resolved(id: PermissionId, outcome: &str) -> PermissionChange {
    PermissionChange::Resolved {
        id,
        at: Timestamp::from_millis(2),
        outcome: outcome.to_owned(),
        by: "client".to_owned(),
    }
}

fn changes(permissions: Vec<PermissionChange>) -> Batch {
    Batch { permissions, ..Batch::default() }
}

#[tokio::test]
async fn a_permission_is_open_until_it_is_resolved_and_resolved_once() {
    let home = Home::new();
    let (store, row) = with_session(&home).await;
    let (first, second) = (permission(row.id), permission(row.id));
    let asked = [&first, &second].map(|row| PermissionChange::Asked(row.clone()));
    store.commit(changes(asked.into())).await.unwrap();
    assert_eq!(store.open_permissions(row.id).await.unwrap(), [first.clone(), second.clone()]);
    store.commit(changes(vec![resolved(first.id, "allow")])).await.unwrap();
    store.commit(changes(vec![resolved(first.id, "deny")])).await.unwrap();
    assert_eq!(store.open_permissions(row.id).await.unwrap(), [second]);
    let outcome: String =
        home.other().query_row("SELECT outcome FROM permissions WHERE id = ?1", [first.id], |row| row.get(0)).unwrap();
    assert_eq!(outcome, "allow");
}

#[tokio::test]
async fn one_that_could_not_be_stored_when_it_was_asked_can_be_resolved() {
    let home = Home::new();
    let (store, _) = with_session(&home).await;
    store.commit(changes(vec![resolved(PermissionId::new(), "allow")])).await.unwrap();
}

#[tokio::test]
async fn what_was_granted_counts_in_its_session_or_its_folder_and_is_kept_once() {
    let home = Home::new();
    let (store, row) = with_session(&home).await;
    let session = || grant(GrantScope::Session(row.id), "in the session");
    let project = || grant(GrantScope::Project("/work".into()), "in the folder");
    let grants = vec![session(), project(), session(), project()];
    store.commit(Batch { grants, ..Batch::default() }).await.unwrap();
    assert_eq!(home.count("grants"), 2);
    let granted = |session, project: &str| store.grants(session, project.to_owned());
    assert_eq!(granted(row.id, "/work").await.unwrap(), ["in the folder", "in the session"]);
    assert_eq!(granted(row.id, "/other").await.unwrap(), ["in the session"]);
    assert_eq!(granted(SessionId::new(), "/work").await.unwrap(), ["in the folder"]);
    store.delete_session(row.id).await.unwrap();
    assert_eq!(home.count("grants"), 1, "what counts in the folder outlives the session");
}
