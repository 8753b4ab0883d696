use super::*;
use crate::error::ErrorKind;

async fn page(store: &Store, query: SessionQuery) -> Vec<SessionId> {
    store.sessions(query).await.unwrap().into_iter().map(|row| row.id).collect()
}

fn first_page(limit: u32) -> SessionQuery {
    SessionQuery { limit, before: None, study_id: None, state: None, title_contains: None }
}

#[tokio::test]
async fn a_session_is_read_back_as_it_was_written() {
    let home = Home::new();
    let (store, row) = with_session(&home).await;
    assert_eq!(store.session(row.id).await.unwrap(), Some(row));
    let other = full(session());
    store.create_session(other.clone(), None).await.unwrap();
    assert_eq!(store.session(other.id).await.unwrap(), Some(other));
    assert_eq!(store.session(SessionId::new()).await.unwrap(), None);
}

#[tokio::test]
async fn a_batch_replaces_its_session_and_keeps_its_context() {
    let home = Home::new();
    let (store, row) = with_session(&home).await;
    let changed = SessionRow { context_hash: Some("abc".to_owned()), ..full(row.clone()) };
    let context = Some(ContextRow { hash: "abc".to_owned(), text: "You are told this.".to_owned() });
    store.commit(Batch { session: Some(changed.clone()), context, ..Batch::default() }).await.unwrap();
    assert_eq!(store.session(row.id).await.unwrap(), Some(changed));
    assert_eq!(store.context("abc").await.unwrap().as_deref(), Some("You are told this."));
    assert_eq!(store.context("abd").await.unwrap(), None);
}

#[tokio::test]
async fn sessions_are_paged_by_their_last_activity_and_then_by_their_id() {
    let home = Home::new();
    let store = home.store();
    let mut expected = Vec::new();
    for time in [30, 10, 10, 20, 10] {
        let row = SessionRow { last_active_at: Timestamp::from_millis(time), ..session() };
        expected.push((row.last_active_at, row.id));
        store.create_session(row, None).await.unwrap();
    }
    expected.sort_unstable_by(|one, other| other.cmp(one));
    let mut before = None;
    for part in expected.chunks(2) {
        let ids: Vec<_> = part.iter().map(|key| key.1).collect();
        assert_eq!(page(&store, SessionQuery { before, ..first_page(2) }).await, ids);
        before = part.last().copied();
    }
    assert_eq!(page(&store, SessionQuery { before, ..first_page(2) }).await, []);
}

#[tokio::test]
async fn sessions_are_found_by_state_and_by_a_part_of_their_title_in_any_case() {
    let home = Home::new();
    let store = home.store();
    let closed = SessionRow { state: "closed".to_owned(), title: "größe 1000".to_owned(), ..session() };
    let failed = full(session());
    store.create_session(closed.clone(), None).await.unwrap();
    store.create_session(failed.clone(), None).await.unwrap();
    let titled = |part: &str| SessionQuery { title_contains: Some(part.to_owned()), ..first_page(9) };
    let states = |states: &[&str]| SessionQuery {
        state: Some(states.iter().map(|&state| state.to_owned()).collect()),
        ..first_page(9)
    };
    assert_eq!(page(&store, titled("GRÖSSE")).await, []);
    assert_eq!(page(&store, titled("GRÖ")).await, [failed.id, closed.id]);
    assert_eq!(page(&store, titled("100%")).await, [failed.id]);
    assert_eq!(page(&store, states(&["closed"])).await, [closed.id]);
    assert_eq!(page(&store, states(&["closed", "failed"])).await, [failed.id, closed.id]);
    assert_eq!(page(&store, SessionQuery { limit: 1, ..titled("größe 1000") }).await, [closed.id]);
}

#[tokio::test]
async fn a_turn_is_open_until_its_end_is_written() {
    let home = Home::new();
    let (store, row) = with_session(&home).await;
    let open = TurnRow {
        message_id: Some(MessageId::new()),
        text: "so far".to_owned(),
        tool_calls: r#"[{"name":"Read"}]"#.to_owned(),
        input_tokens: 1,
        output_tokens: 2,
        cache_read_tokens: 3,
        cache_write_tokens: 4,
        cost_usd: 0.25,
        duration_ms: 5,
        first_text_ms: Some(6),
        error: Some("{}".to_owned()),
        usage_by_model: vec![usage("haiku"), usage("opus")],
        ..turn(row.id)
    };
    let earlier = TurnRow { started_at: Timestamp::from_millis(999), ..turn(row.id) };
    let turns = vec![open.clone(), earlier.clone()];
    store.commit(Batch { turns, ..Batch::default() }).await.unwrap();
    assert_eq!(store.open_turns(row.id).await.unwrap(), [earlier.clone(), open.clone()]);

    let changed = TurnRow { usage_by_model: vec![usage("sonnet")], ..open.clone() };
    let ended_at = Some(Timestamp::from_millis(1_001));
    let ended = TurnRow { ended_at, stop_reason: Some("completed".to_owned()), ..earlier };
    store.commit(Batch { turns: vec![ended, changed.clone()], ..Batch::default() }).await.unwrap();
    assert_eq!(store.open_turns(row.id).await.unwrap(), [changed]);
    assert_eq!(home.count("turns"), 2);
}

#[tokio::test]
async fn messages_are_paged_by_number_in_both_directions() {
    let home = Home::new();
    let (store, row) = with_session(&home).await;
    let messages: Vec<_> = [0, 4, 9].map(|seq| message(row.id, seq)).into();
    store.commit(Batch { messages: messages.clone(), ..Batch::default() }).await.unwrap();
    let query = MessageQuery { session_id: row.id, limit: 2, after: None, descending: false };
    assert_eq!(store.messages(query).await.unwrap(), messages[..2]);
    assert_eq!(store.messages(MessageQuery { after: Some(4), ..query }).await.unwrap(), messages[2..]);
    let newest = MessageQuery { descending: true, ..query };
    assert_eq!(store.messages(newest).await.unwrap(), [messages[2].clone(), messages[1].clone()]);
    assert_eq!(store.messages(MessageQuery { after: Some(4), ..newest }).await.unwrap(), messages[..1]);
    let elsewhere = MessageQuery { session_id: SessionId::new(), ..query };
    assert_eq!(store.messages(elsewhere).await.unwrap(), []);
}

#[tokio::test]
async fn events_are_read_back_as_they_were_written() {
    let home = Home::new();
    let (store, row) = with_session(&home).await;
    let merged = EventRow {
        first_seq: Some(1),
        pieces: Some(vec![1, 1]),
        turn_id: Some(TurnId::new()),
        parent_tool_use_id: Some("toolu_1".to_owned()),
        ..event(row.id, 5)
    };
    let announced = announcement(&MessageRow { parent_tool_use_id: Some("t".to_owned()), ..message(row.id, 6) });
    let rows = vec![merged, announced, event(row.id, 7)];
    store.commit(events(rows.clone())).await.unwrap();
    assert_eq!(store.events(all_events(row.id)).await.unwrap(), rows);
}

#[tokio::test]
async fn the_content_of_a_message_is_stored_once() {
    let home = Home::new();
    let (store, row) = with_session(&home).await;
    let said = message(row.id, 1);
    store.commit(events([announcement(&said)])).await.unwrap();
    let query = MessageQuery { session_id: row.id, limit: 9, after: None, descending: false };
    assert_eq!(store.messages(query).await.unwrap(), [said]);
    store.close().await;
    let bytes = std::fs::read(home.file()).unwrap();
    let needle = "Grüße".as_bytes();
    assert_eq!(bytes.windows(needle.len()).filter(|part| *part == needle).count(), 1);
}

#[tokio::test]
async fn events_are_read_behind_a_number_of_one_turn_and_up_to_a_size() {
    let home = Home::new();
    let (store, row) = with_session(&home).await;
    let turn_id = Some(TurnId::new());
    let said = announcement(&message(row.id, 4));
    let rows = [event(row.id, 1), EventRow { turn_id, ..event(row.id, 2) }, event(row.id, 3), said.clone()];
    store.commit(events(rows.clone())).await.unwrap();
    let read = async |query: EventQuery| numbers(&store.events(query).await.unwrap());

    let all = all_events(row.id);
    assert_eq!(read(EventQuery { after_seq: 2, ..all }).await, [3, 4]);
    assert_eq!(read(EventQuery { turn_id, ..all }).await, [2]);
    let size = rows[0].payload.bytes();
    assert_eq!(read(EventQuery { max_bytes: 2 * size, ..all }).await, [1, 2]);
    assert_eq!(read(EventQuery { max_bytes: 2 * size - 1, ..all }).await, [1]);
    assert_eq!(read(EventQuery { max_bytes: 0, ..all }).await, [1]);
    let with_message = 3 * size + said.payload.bytes();
    assert_eq!(read(EventQuery { max_bytes: with_message - 1, ..all }).await, [1, 2, 3]);
    assert_eq!(read(EventQuery { max_bytes: with_message, ..all }).await, [1, 2, 3, 4]);
}

#[tokio::test]
async fn a_number_that_the_file_cannot_hold_is_refused() {
    let home = Home::new();
    let (store, row) = with_session(&home).await;
    let error = store.commit(events([event(row.id, 1 << 63)])).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::InternalError, "{error}");
}
