mod by_time;

use proptest::prelude::*;
use serde_json::json;

use super::*;
use crate::error::ErrorKind;
use crate::store::{SearchOrder, SearchPage, SearchQuery, SearchStart, Terms};

fn search(query: &str) -> SearchQuery {
    SearchQuery {
        terms: Terms::parse(query).unwrap(),
        order: SearchOrder::Newest,
        tools: false,
        session_id: None,
        study_id: None,
        role: None,
        since: None,
        until: None,
        limit: 100,
        after: None,
    }
}

fn said(session_id: SessionId, seq: u64, text: &str) -> MessageRow {
    MessageRow { content: json!([{"type": "text", "text": text}]).to_string(), ..message(session_id, seq) }
}

fn messages(rows: impl IntoIterator<Item = MessageRow>) -> Batch {
    Batch { messages: rows.into_iter().collect(), ..Batch::default() }
}

/// The numbers in their sessions of the messages that were found.
fn seqs(page: &SearchPage) -> Vec<u64> {
    page.hits.iter().map(|hit| hit.message.seq).collect()
}

async fn found(store: &Store, query: &str) -> Vec<u64> {
    seqs(&store.search(search(query)).await.unwrap())
}

/// A store with one session, in which these texts were said.
async fn with_texts(home: &Home, texts: &[&str]) -> (Store, SessionRow) {
    let (store, row) = with_session(home).await;
    let rows = texts.iter().zip(0..).map(|(text, seq)| said(row.id, seq, text));
    store.commit(messages(rows)).await.unwrap();
    (store, row)
}

#[tokio::test]
async fn words_phrases_prefixes_and_exclusions_are_found_newest_first() {
    let home = Home::new();
    let (store, _) =
        with_texts(&home, &["The quick brown fox", "a fox, quick as ever", "Foxes are Brown.", "box"]).await;
    assert_eq!(found(&store, "fox").await, [1, 0]);
    assert_eq!(found(&store, "QUICK fox").await, [1, 0]);
    assert_eq!(found(&store, "\"quick brown\"").await, [0]);
    assert_eq!(found(&store, "fox*").await, [2, 1, 0]);
    assert_eq!(found(&store, "\"quick bro\"*").await, [0]);
    assert_eq!(found(&store, "fox -brown").await, [1]);
    assert_eq!(found(&store, "foxes OR ever quick").await, [1]);
    assert_eq!(found(&store, "box OR foxes").await, [3, 2]);
    assert_eq!(found(&store, "wolf").await, [0; 0]);
}

#[tokio::test]
async fn every_language_is_found_by_its_words() {
    let home = Home::new();
    let texts = [
        "我们昨天讨论了数据库的迁移方案。",
        "昨日、データベースの移行について話しました。",
        "어제 우리는 데이터베이스 마이그레이션을 논의했습니다.",
        "เมื่อวานเราคุยกันเรื่องการย้ายฐานข้อมูล",
        "Die Größenänderung der Straßenkarte war übrigens fällig.",
        "Le café était fermé à cause des élèves.",
        "Вчера мы обсуждали ещё один переезд базы данных.",
        "Shipped it 🎉🚀 👍🏽",
        "call parse_config(HTTPServer::new) in src/store/open.rs, see readFile",
        "कल हमने डेटाबेस की बात की",
        "تحدثنا أمس عن قاعدة البيانات",
    ];
    let (store, _) = with_texts(&home, &texts).await;
    for (query, expected) in [
        // Of one character, of two, in the middle, at the end, a sentence.
        ("库", &[0][..]),
        ("数据", &[0]),
        ("数据库", &[0]),
        ("讨论了数据库的迁移方案", &[0]),
        ("案", &[0]),
        ("昨", &[1, 0]),
        ("数库", &[]),
        ("移行", &[1]),
        ("データ", &[1]),
        ("ﾃﾞｰﾀﾍﾞｰｽ", &[1]),
        ("話しました", &[1]),
        ("데이터", &[2]),
        ("마이그레이션", &[2]),
        ("우리", &[2]),
        ("제", &[2]),
        ("ข้อมูล", &[3]),
        ("ฐานข้อมูล", &[3]),
        ("เรา", &[3]),
        ("grössenänderung", &[4]),
        ("STRASSENKARTE", &[4]),
        ("ubrigens fallig", &[4]),
        ("cafe eleves", &[5]),
        ("Été", &[]),
        ("ЕЩЁ", &[6]),
        ("еще", &[6]),
        ("базы данных", &[6]),
        ("🎉", &[7]),
        ("🚀", &[7]),
        ("👍", &[7]),
        ("parse_config", &[8]),
        ("config", &[8]),
        ("parseConfig", &[8]),
        ("server", &[8]),
        ("httpserver::new", &[8]),
        ("src/store/open.rs", &[8]),
        ("open.rs", &[8]),
        ("read", &[8]),
        ("readfile", &[8]),
        ("डेटाबेस", &[9]),
        ("البيانات", &[10]),
        ("امس", &[10]),
    ] {
        assert_eq!(found(&store, query).await, expected, "{query}");
    }
}

#[tokio::test]
async fn what_was_found_is_shown_where_it_is() {
    let home = Home::new();
    let (store, row) = with_texts(&home, &["我们昨天讨论了数据库的迁移方案。"]).await;
    store
        .commit(Batch { session: Some(SessionRow { title: "Umzug".into(), ..row }), ..Batch::default() })
        .await
        .unwrap();
    let page = store.search(search("数据库")).await.unwrap();
    let hit = &page.hits[0];
    assert_eq!((hit.title.as_str(), hit.snippet.ranges.len(), &hit.snippet.ranges[0]), ("Umzug", 1, &(7..10)));
    assert_eq!((page.next, page.unindexed), (None, 0));
}

#[tokio::test]
async fn a_search_is_narrowed_by_session_role_and_time() {
    let home = Home::new();
    let (store, row) = with_session(&home).await;
    let other = session();
    store.create_session(other.clone(), None).await.unwrap();
    let days = |days: i64| Timestamp::from_millis(days * 86_400_000 + 5);
    let rows = [
        MessageRow { created_at: days(1), role: "user".into(), ..said(row.id, 1, "word") },
        MessageRow { created_at: days(5), ..said(row.id, 2, "word") },
        MessageRow { created_at: days(3), ..said(row.id, 3, "word") },
    ];
    store.commit(messages(rows)).await.unwrap();
    store.commit(messages([MessageRow { created_at: days(4), ..said(other.id, 4, "word") }])).await.unwrap();
    let narrowed = |change: &dyn Fn(&mut SearchQuery)| {
        let mut query = search("word");
        change(&mut query);
        let store = store.clone();
        async move { seqs(&store.search(query).await.unwrap()) }
    };
    assert_eq!(narrowed(&|_| {}).await, [2, 4, 3, 1]);
    assert_eq!(narrowed(&|query| query.session_id = Some(other.id)).await, [4]);
    assert_eq!(narrowed(&|query| query.session_id = Some(SessionId::new())).await, [0; 0]);
    assert_eq!(narrowed(&|query| query.role = Some("user".into())).await, [1]);
    assert_eq!(narrowed(&|query| query.since = Some(days(4))).await, [2, 4]);
    assert_eq!(narrowed(&|query| query.until = Some(days(4))).await, [3, 1]);
    assert_eq!(narrowed(&|query| (query.since, query.until) = (Some(days(3)), Some(days(5)))).await, [4, 3]);
    assert_eq!(narrowed(&|query| query.since = Some(days(6))).await, [0; 0]);
    // The words of session and role are none of what was said.
    assert_eq!(found(&store, "ruser").await, [0; 0]);
}

#[tokio::test]
async fn what_tools_say_is_found_by_choice() {
    let home = Home::new();
    let (store, row) = with_session(&home).await;
    let call = json!([{"type": "toolUse", "toolUseId": "t", "name": "Bash", "input": {"command": "grep needle"}}]);
    let answer = json!([{"type": "toolResult", "toolUseId": "t", "isError": false, "content": "needle in hay"}]);
    let rows = [
        MessageRow { content: call.to_string(), ..message(row.id, 1) },
        MessageRow { content: answer.to_string(), ..message(row.id, 2) },
        said(row.id, 3, "the needle"),
    ];
    store.commit(messages(rows)).await.unwrap();
    assert_eq!(found(&store, "needle").await, [3]);
    let page = store.search(SearchQuery { tools: true, ..search("needle") }).await.unwrap();
    assert_eq!(seqs(&page), [3, 2, 1]);
    assert_eq!(page.hits[1].snippet.text, "needle in hay");
    assert_eq!(page.hits[2].snippet.ranges[0], 10..16);
    let best = SearchQuery { tools: true, order: SearchOrder::Best, ..search("needle") };
    assert_eq!(store.search(best).await.unwrap().hits.len(), 3);
}

async fn pages(store: &Store, query: SearchQuery, mut between: impl AsyncFnMut()) -> Vec<u64> {
    let (mut all, mut after) = (Vec::new(), None);
    loop {
        let page = store.search(SearchQuery { after: after.clone(), ..query.clone() }).await.unwrap();
        assert!(page.hits.len() <= query.limit as usize);
        all.extend(seqs(&page));
        after = page.next;
        if after.is_none() {
            return all;
        }
        between().await;
    }
}

#[tokio::test]
async fn pages_neither_repeat_nor_miss_anything_while_messages_are_added() {
    let home = Home::new();
    let texts: Vec<String> = (0..50).map(|n| format!("word {}", "word filler ".repeat(n % 7))).collect();
    let (store, row) = with_texts(&home, &texts.iter().map(String::as_str).collect::<Vec<_>>()).await;
    let mut next = 1_000;
    for order in [SearchOrder::Newest, SearchOrder::Best] {
        let query = SearchQuery { order, limit: 7, ..search("word") };
        let before = seqs(&store.search(SearchQuery { limit: 200, ..query.clone() }).await.unwrap());
        let added = async || {
            next += 1;
            store.commit(messages([said(row.id, next, "word word")])).await.unwrap();
        };
        assert_eq!(pages(&store, query, added).await, before);
    }
}

#[tokio::test]
async fn the_best_match_is_the_one_that_says_most_of_it_in_the_fewest_words() {
    let home = Home::new();
    let long = format!("rust {}", "and so on ".repeat(50));
    let texts = ["rust rust rust", &long, "rust in short", "common rust", "rare rust common", "common", "common"];
    let (store, _) = with_texts(&home, &texts).await;
    let best = |query: &str| SearchQuery { order: SearchOrder::Best, ..search(query) };
    let ranked = seqs(&store.search(best("rust")).await.unwrap());
    assert_eq!((ranked[0], ranked.last()), (0, Some(&1)));
    let ranked = seqs(&store.search(best("rare OR common")).await.unwrap());
    assert_eq!(ranked[0], 4);
}

/// The words that the index holds.
fn indexed_words(home: &Home) -> Vec<String> {
    let db = home.other();
    db.execute_batch("CREATE VIRTUAL TABLE temp.words USING fts5vocab ('main', 'search', 'row')").unwrap();
    let mut statement = db.prepare("SELECT term FROM temp.words").unwrap();
    statement.query_map([], |row| row.get(0)).unwrap().collect::<Result<_, _>>().unwrap()
}

fn file_has(home: &Home, needle: &str) -> bool {
    let bytes = std::fs::read(home.file()).unwrap();
    bytes.windows(needle.len()).any(|part| part == needle.as_bytes())
}

#[tokio::test]
async fn a_deleted_session_leaves_nothing_in_the_index_nor_in_the_file() {
    let home = Home::new();
    let (store, kept) = with_texts(&home, &["something else", "一二三"]).await;
    let gone = session();
    store.create_session(gone.clone(), None).await.unwrap();
    let tool = json!([{"type": "toolResult", "content": "zyxtoolword"}]).to_string();
    let rows = [
        said(gone.id, 1, "qwxsecretword and something parseQwxname"),
        said(gone.id, 2, "秘密"),
        MessageRow { content: tool, ..message(gone.id, 3) },
    ];
    store.commit(messages(rows)).await.unwrap();
    assert_eq!(found(&store, "secret* OR qwxsecretword").await, [1]);
    assert!(store.delete_session(gone.id).await.unwrap());
    assert_eq!(found(&store, "qwxsecretword OR 秘").await, [0; 0]);
    assert_eq!(found(&store, "something").await, [0]);
    let words = indexed_words(&home);
    let left = ["qwx", "zyx", "秘", "密", "parse"].map(|word| words.iter().any(|left| left.starts_with(word)));
    assert_eq!((left, words.len()), ([false; 5], 7), "{words:?}");
    home.other().execute_batch("VACUUM; PRAGMA wal_checkpoint(TRUNCATE)").unwrap();
    for word in ["qwxsecret", "secretword", "zyxtool", "秘密", "qwxname"] {
        assert!(!file_has(&home, word), "{word}");
    }
    home.other().execute_batch("INSERT INTO search (search) VALUES ('integrity-check')").unwrap();
    assert!(store.delete_session(kept.id).await.unwrap());
    assert_eq!(indexed_words(&home), [""; 0]);
}

/// Makes the history one from before there was an index.
fn forget_the_index(home: &Home) {
    let backlog = "UPDATE search_backlog SET below = (SELECT max(number) + 1 FROM messages); DELETE FROM search_days;";
    let index = "INSERT INTO search (search) VALUES ('delete-all'); UPDATE messages SET position = NULL;";
    home.other().execute_batch(&format!("{index}{backlog}")).unwrap();
}

#[tokio::test]
async fn messages_from_before_there_was_an_index_are_indexed_from_the_newest_down() {
    let home = Home::new();
    let texts = vec!["old word"; 250];
    let (store, row) = with_texts(&home, &texts).await;
    let other = session();
    store.create_session(other.clone(), None).await.unwrap();
    store.commit(messages([said(other.id, 250, "another")])).await.unwrap();
    forget_the_index(&home);
    store.commit(messages([said(row.id, 251, "new word")])).await.unwrap();
    let page = store.search(search("word")).await.unwrap();
    assert_eq!((seqs(&page), page.unindexed), (vec![251], 251));

    assert_eq!(store.index_older().await.unwrap(), 100);
    let page = store.search(search("word")).await.unwrap();
    assert_eq!((page.hits.len(), page.hits.last().unwrap().message.seq, page.unindexed), (100, 151, 151));
    // What was indexed goes, what was not goes by itself.
    store.delete_session(row.id).await.unwrap();
    home.other().execute_batch("INSERT INTO search (search) VALUES ('integrity-check')").unwrap();
    assert_eq!(found(&store, "word").await, [0; 0]);
    // The newest number is used again by SQLite, but none that is still to be indexed.
    store.commit(messages([said(other.id, 252, "newest")])).await.unwrap();
    while store.index_older().await.unwrap() > 0 {}
    assert_eq!((found(&store, "another OR newest").await, store.index_older().await.unwrap()), (vec![252, 250], 0));
    store.delete_session(other.id).await.unwrap();
    assert_eq!(indexed_words(&home), [""; 0]);
}

#[tokio::test]
async fn a_number_that_is_used_again_before_its_turn_is_indexed_once() {
    let home = Home::new();
    let (store, row) = with_texts(&home, &["one", "two", "three"]).await;
    forget_the_index(&home);
    store.delete_session(row.id).await.unwrap();
    let again = session();
    store.create_session(again.clone(), None).await.unwrap();
    store.commit(messages([said(again.id, 1, "word")])).await.unwrap();
    while store.index_older().await.unwrap() > 0 {}
    assert_eq!(found(&store, "word").await, [1]);
    store.delete_session(again.id).await.unwrap();
    assert_eq!(indexed_words(&home), [""; 0]);
}

#[tokio::test]
async fn a_migrated_history_is_indexed_behind() {
    let home = Home::new();
    let (store, _) = with_texts(&home, &["from before"]).await;
    store.close().await;
    let older = "DROP TABLE search; DROP TABLE search_backlog; DROP TABLE search_days; DROP INDEX turns_by_start; \
                 ALTER TABLE events DROP COLUMN pieces; ALTER TABLE messages DROP COLUMN copy_of; \
                 ALTER TABLE sessions DROP COLUMN forked_from; \
                 ALTER TABLE sessions DROP COLUMN forked_conversation; \
                 DROP INDEX sessions_by_conversation; DROP INDEX transcripts_by_conversation; DROP TABLE imports; \
                 DROP TABLE deleted_conversations; \
                 DROP INDEX messages_by_position; ALTER TABLE messages DROP COLUMN position; \
                 DROP INDEX sessions_by_study; ALTER TABLE sessions DROP COLUMN study_id; \
                 ALTER TABLE sessions DROP COLUMN context_study_id; \
                 ALTER TABLE sessions DROP COLUMN told_study_id; PRAGMA user_version = 4;";
    home.other().execute_batch(older).unwrap();
    let store = home.store();
    assert_eq!(store.search(search("before")).await.unwrap().unindexed, 1);
    while store.index_older().await.unwrap() > 0 {}
    assert_eq!(found(&store, "before").await, [0]);
}

#[tokio::test]
async fn an_index_that_is_damaged_is_made_anew_and_the_history_stays() {
    let home = Home::new();
    let (store, row) = with_texts(&home, &["kept word", "another word"]).await;
    store.close().await;
    home.other().execute_batch("UPDATE search_data SET block = zeroblob(40) WHERE id > 100").unwrap();
    let store = home.store();
    let error = store.search(search("word")).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::StoreCorrupt);
    store.close().await;
    let store = home.store();
    while store.index_older().await.unwrap() > 0 {}
    assert_eq!((found(&store, "word").await, store.moved_aside().await), (vec![1, 0], None));
    assert!(store.session(row.id).await.unwrap().is_some());
}

#[tokio::test]
async fn a_cursor_of_another_order_begins_where_it_says() {
    let home = Home::new();
    let (store, _) = with_texts(&home, &["word"; 3]).await;
    let after = store.search(SearchQuery { limit: 2, ..search("word") }).await.unwrap().next;
    let query = SearchQuery { after, order: SearchOrder::Best, ..search("word") };
    assert_eq!(seqs(&store.search(query).await.unwrap()), [0]);
    let after = Some(SearchStart::Best { ceiling: 3, score: f64::NAN, position: 0, weights: Vec::new() });
    let query = SearchQuery { after, order: SearchOrder::Best, ..search("word") };
    assert_eq!(seqs(&store.search(query).await.unwrap()), [0; 0]);
}

#[test]
fn no_query_is_an_error_of_sqlite() {
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    let home = Home::new();
    let texts = ["a b", "é喜欢", "OR NOT NEAR", "🎉 x"];
    let (store, _) = runtime.block_on(with_texts(&home, &texts));
    let pieces = prop_oneof![
        proptest::string::string_regex("\\PC{0,12}").unwrap(),
        proptest::string::string_regex("[\"*\\-^+:(){}., ]{0,4}").unwrap(),
        proptest::sample::select(vec![
            "a",
            "喜",
            "欢*",
            "OR",
            "NOT",
            "NEAR(",
            "\"a b\"",
            "-b",
            "said:",
            "🎉",
            "ที่",
            "\0"
        ])
        .prop_map(str::to_owned),
    ];
    let queries = proptest::collection::vec(pieces, 0..8).prop_map(|pieces| pieces.join(" "));
    proptest!(ProptestConfig::with_cases(2_000), |(query in queries, tools: bool, best: bool)| {
        let terms = match Terms::parse(&query) {
            Ok(terms) => terms,
            Err(error) => {
                prop_assert_eq!(error.kind(), ErrorKind::InvalidQuery);
                return Ok(());
            }
        };
        let order = if best { SearchOrder::Best } else { SearchOrder::Newest };
        let outcome = runtime.block_on(store.search(SearchQuery { terms, order, tools, ..search("a") }));
        prop_assert!(outcome.is_ok(), "{:?}", outcome);
    });
}
