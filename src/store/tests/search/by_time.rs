//! The newest first, by their time, whenever they came into the history.

use super::*;
use crate::store::SessionSnapshot;

fn at(created_at: i64, row: MessageRow) -> MessageRow {
    MessageRow { created_at: Timestamp::from_millis(created_at), ..row }
}

/// Writes a session as an import does; message by message with these times.
async fn import(store: &Store, times: &[i64]) -> SessionRow {
    let row = session();
    let messages = times.iter().zip(0..).map(|(time, seq)| at(*time, said(row.id, seq, "word"))).collect();
    let snapshot = SessionSnapshot {
        session: row.clone(),
        context: None,
        turns: Vec::new(),
        messages,
        events: Vec::new(),
        permissions: Vec::new(),
        grants: Vec::new(),
        transcript: Vec::new(),
        transcript_gaps: Vec::new(),
        fingerprint: None,
    };
    assert_eq!(store.put_snapshot(snapshot, false).await.unwrap(), None);
    row
}

fn times(page: &SearchPage) -> Vec<i64> {
    page.hits.iter().map(|hit| hit.message.created_at.as_millis()).collect()
}

const HOUR: i64 = 3_600_000;

#[tokio::test]
async fn what_is_imported_is_found_among_what_is_of_its_time() {
    let home = Home::new();
    let (store, row) = with_session(&home).await;
    let live = (0..5).map(|n| at((10 * n + 100) * HOUR, said(row.id, n as u64, "word")));
    store.commit(messages(live)).await.unwrap();
    import(&store, &[1, 2, 3].map(|hours| hours * HOUR)).await;
    import(&store, &[95, 105, 115, 200].map(|hours| hours * HOUR)).await;
    store.commit(messages([at(201 * HOUR, said(row.id, 10, "word"))])).await.unwrap();
    let hours = [201, 200, 140, 130, 120, 115, 110, 105, 100, 95, 3, 2, 1].map(|hours| hours * HOUR);
    let page = |query| async { store.search(query).await.unwrap() };
    assert_eq!(times(&page(search("word")).await), hours);
    let bounded = SearchQuery {
        since: Some(Timestamp::from_millis(3 * HOUR)),
        until: Some(Timestamp::from_millis(115 * HOUR)),
        ..search("word")
    };
    assert_eq!(times(&page(bounded).await), hours[6..11]);
    // Where two match as well, the newer one is first.
    let best = SearchQuery { order: SearchOrder::Best, ..search("word") };
    assert_eq!(times(&page(best).await), hours);
}

#[tokio::test]
async fn pages_stay_as_they_were_while_an_old_session_is_imported() {
    let home = Home::new();
    let (store, row) = with_session(&home).await;
    let text = |n: i64| format!("word {}", "word other ".repeat((n % 5) as usize));
    let live = (0..40).map(|n| at(n * HOUR, said(row.id, n as u64, &text(n))));
    store.commit(messages(live)).await.unwrap();
    for (order, added) in [(SearchOrder::Newest, 24), (SearchOrder::Best, 0)] {
        let query = SearchQuery { order, limit: 8, ..search("word OR other") };
        let before = times(&store.search(SearchQuery { limit: 200, ..query.clone() }).await.unwrap());
        let first = store.search(query.clone()).await.unwrap();
        import(&store, &std::array::from_fn::<_, 24, _>(|n| n as i64 * HOUR + HOUR / 2)).await;
        let (mut all, mut after) = (times(&first), first.next);
        while let Some(start) = after {
            let page = store.search(SearchQuery { after: Some(start), ..query.clone() }).await.unwrap();
            all.extend(times(&page));
            after = page.next;
        }
        assert_eq!(all.len(), before.len() + added, "{order:?}");
        let is_old = |time: &i64| before.contains(time);
        assert_eq!(all.into_iter().filter(is_old).collect::<Vec<_>>(), before, "{order:?}");
    }
}

#[tokio::test]
async fn messages_of_one_moment_stay_in_their_order() {
    let home = Home::new();
    let (store, row) = with_session(&home).await;
    store.commit(messages((0..200).map(|seq| at(HOUR, said(row.id, seq, "live"))))).await.unwrap();
    import(&store, &[HOUR; 200]).await;
    let falling: Vec<u64> = (0..200).rev().collect();
    for _ in 0..2 {
        for word in ["live", "word"] {
            let page = store.search(SearchQuery { limit: 200, ..search(word) }).await.unwrap();
            assert_eq!(seqs(&page), falling, "{word}");
        }
        forget_the_index(&home);
        while store.index_older().await.unwrap() > 0 {}
    }
}
