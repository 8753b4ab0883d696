use super::*;
use crate::error::ErrorKind;

fn lines(rows: &[TranscriptRow]) -> Vec<&str> {
    rows.iter().map(|row| row.lines.as_str()).collect()
}

fn added(rows: impl IntoIterator<Item = TranscriptRow>) -> Batch {
    Batch { transcript: rows.into_iter().collect(), ..Batch::default() }
}

#[tokio::test]
async fn a_transcript_is_read_back_in_the_order_it_was_written() {
    let home = Home::new();
    let (store, row) = with_session(&home).await;
    let conversation = ProviderSessionId::new();
    let line = |number: u32| transcript(row.id, conversation, &format!("{{\"n\":{number}}}\n{{\"text\":\"Grüße\"}}"));
    let written: Vec<_> = (0..30).map(line).collect();
    for rows in written.chunks(3) {
        store.commit(added(rows.to_vec())).await.unwrap();
    }
    assert_eq!(store.transcript(row.id, conversation).await.unwrap(), written);
}

#[tokio::test]
async fn conversations_of_one_session_are_kept_apart() {
    let home = Home::new();
    let (store, row) = with_session(&home).await;
    let elsewhere = session();
    store.create_session(elsewhere.clone(), None).await.unwrap();
    let [first, second] = [ProviderSessionId::new(), ProviderSessionId::new()];
    store.commit(added([transcript(row.id, first, "1"), transcript(row.id, second, "2")])).await.unwrap();
    store.commit(added([transcript(elsewhere.id, first, "3"), transcript(row.id, first, "4")])).await.unwrap();
    assert_eq!(lines(&store.transcript(row.id, first).await.unwrap()), ["1", "4"]);
    assert_eq!(lines(&store.transcript(row.id, second).await.unwrap()), ["2"]);
    assert_eq!(lines(&store.transcript(elsewhere.id, first).await.unwrap()), ["3"]);
    assert_eq!(store.transcript(elsewhere.id, second).await.unwrap(), []);
}

#[tokio::test]
async fn a_damaged_transcript_is_told_as_damage() {
    let home = Home::new();
    let (store, row) = with_session(&home).await;
    let conversation = ProviderSessionId::new();
    store.commit(added([transcript(row.id, conversation, "a line")])).await.unwrap();
    let other = home.other();
    other.execute_batch("CREATE TEMP TABLE whole AS SELECT entries FROM transcripts").unwrap();
    for damage in ["x'00'", "x''", "substr(entries, 1, 9)", "entries || x'00'"] {
        let damage = format!("UPDATE transcripts SET entries = (SELECT CAST({damage} AS BLOB) FROM whole)");
        other.execute(&damage, []).unwrap();
        let error = store.transcript(row.id, conversation).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::StoreCorrupt, "{damage}: {error}");
        assert!(error.message().starts_with("cannot read the transcript in "), "{error}");
    }
}

#[tokio::test]
async fn a_transcript_with_a_hole_is_given_up_for_good_and_no_other_one_is() {
    let home = Home::new();
    let (store, row) = with_session(&home).await;
    let [broken, whole] = [ProviderSessionId::new(), ProviderSessionId::new()];
    store.commit(added([transcript(row.id, whole, "1"), transcript(row.id, broken, "2")])).await.unwrap();
    let gap = TranscriptGap { session_id: row.id, provider_session_id: broken };
    for _ in 0..2 {
        let transcript = vec![transcript(row.id, broken, "4"), transcript(row.id, whole, "3")];
        store.commit(Batch { transcript, transcript_gaps: vec![gap], ..Batch::default() }).await.unwrap();
    }
    store.commit(added([transcript(row.id, broken, "5"), transcript(row.id, whole, "6")])).await.unwrap();
    assert_eq!(lines(&store.transcript(row.id, broken).await.unwrap()), Vec::<&str>::new());
    assert!(store.transcript_names(row.id, broken).await.unwrap().is_empty());
    assert_eq!(lines(&store.transcript(row.id, whole).await.unwrap()), ["1", "3", "3", "6"]);
    assert!(store.delete_session(row.id).await.unwrap());
    assert_eq!(home.count("transcripts"), 0);
}
