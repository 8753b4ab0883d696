use std::path::Path;

use tempfile::TempDir;

use super::super::options::tests::shell;
use super::*;

/// A process that runs `script` in a shell. What these scripts print and read is all the synchronisation there is.
struct Scripted {
    process: Process,
    folder: TempDir,
}

impl Scripted {
    async fn start(script: &str) -> Self {
        Self::with(script, &Settings::default()).await
    }

    async fn with(script: &str, settings: &Settings) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let process = start(&shell(script, folder.path()), settings).await.unwrap();
        Self { process, folder }
    }

    async fn next(&mut self) -> Output {
        timeout(Duration::from_secs(20), self.process.output.recv()).await.unwrap().unwrap()
    }

    /// The type of the next frame; the scripts print one and wait.
    async fn next_type(&mut self) -> String {
        let Output::Frames(frames) = self.next().await else { panic!("it has ended") };
        let [Frame::Unknown { frame_type, .. }] = &frames[..] else { panic!("{frames:?}") };
        frame_type.clone()
    }

    /// All frames that are left, and the end.
    async fn rest(&mut self) -> (Vec<Frame>, Exit) {
        let mut all = Vec::new();
        loop {
            match self.next().await {
                Output::Frames(frames) => all.extend(frames),
                Output::Exited(exit) => {
                    assert_eq!(self.process.output.recv().await, None);
                    return (all, exit);
                }
            }
        }
    }
}

fn says(name: &str) -> Frame {
    Frame::Unknown { frame_type: name.into(), frame: serde_json::json!({ "type": name }) }
}

#[tokio::test]
async fn what_is_sent_arrives_and_what_is_said_comes_back_in_order_before_the_end() {
    let script = r#"while read -r line; do echo "$line"; done; echo '{"type":"eof"}'; printf '{"type":"last"}'"#;
    let mut cli = Scripted::start(script).await;
    for n in 0..100 {
        cli.process.send(Input::User { content: n.to_string().into() }).unwrap();
    }
    cli.process.stop(Duration::from_secs(10));
    let (frames, exit) = cli.rest().await;
    let said = frames.iter().filter_map(|frame| match frame {
        Frame::User(user) => user.text.clone(),
        _ => None,
    });
    let said: Vec<_> = said.collect();
    assert_eq!(said, (0..100).map(|n| n.to_string()).collect::<Vec<_>>());
    assert_eq!(frames[100..], [says("eof"), says("last")]);
    assert_eq!(exit, Exit { status: ExitStatusKind::Code(0), stderr_tail: Vec::new() });
}

#[tokio::test]
async fn a_megabyte_of_stderr_blocks_nothing_and_its_end_is_kept() {
    let script =
        r#"i=0; while [ $i -lt 8192 ]; do printf '%0128d\n' $i >&2; i=$((i+1)); done; echo '{"type":"done"}'; exit 3"#;
    let (frames, exit) = Scripted::start(script).await.rest().await;
    assert_eq!((frames, exit.status), (vec![says("done")], ExitStatusKind::Code(3)));
    assert_eq!(exit.stderr_tail.len(), 20);
    assert!(exit.stderr_tail[19].ends_with("08191"));
}

#[tokio::test]
async fn a_cli_that_fails_is_an_error_with_its_code_and_its_last_words() {
    let (_, exit) = Scripted::start("echo 'No conversation found' >&2; echo >&2; exit 1").await.rest().await;
    let error = exit.to_error().to_data();
    assert_eq!(error.kind, ErrorKind::CliExited);
    assert_eq!(error.message, "the Claude CLI ended with exit code 1: No conversation found");
    assert_eq!(error.details["exitCode"], 1);
    assert_eq!(error.details["stderr"], serde_json::json!(["No conversation found", ""]));
}

#[tokio::test]
async fn a_cli_that_has_ended_or_was_told_to_takes_nothing() {
    let hello = || Input::User { content: "hello".into() };
    let mut crashed = Scripted::start("exit 1").await;
    crashed.rest().await;
    assert_eq!(crashed.process.send(hello()).unwrap_err().kind(), ErrorKind::CliExited);
    let stopping = Scripted::start("cat").await;
    stopping.process.stop(Duration::from_secs(10));
    assert_eq!(stopping.process.send(hello()).unwrap_err().kind(), ErrorKind::CliExited);
}

#[tokio::test]
async fn a_cli_that_is_killed_is_an_error_with_the_signal() {
    let (_, exit) = Scripted::start("kill -9 $$").await.rest().await;
    assert_eq!(exit.status, ExitStatusKind::Signal(9));
    assert_eq!(exit.to_error().to_data().details["signal"], 9);
}

#[tokio::test]
async fn a_line_that_is_too_long_is_told_and_the_next_one_is_read() {
    let settings = Settings { max_line_bytes: 1000, ..Settings::default() };
    let script = r#"head -c 300000 /dev/zero | tr '\0' x; echo; echo '{"type":"next"}'"#;
    let (frames, _) = Scripted::with(script, &settings).await.rest().await;
    assert_eq!(frames, [Frame::Oversize { bytes: 300_000 }, says("next")]);
}

#[tokio::test]
async fn the_end_of_stdin_is_all_that_an_idle_cli_is_given() {
    let script = r#"trap 'exit 9' TERM; echo '{"type":"ready"}'; read -r line; exit 4"#;
    let mut cli = Scripted::start(script).await;
    assert_eq!(cli.next_type().await, "ready");
    cli.process.stop(Duration::from_secs(20));
    assert_eq!(cli.rest().await.1.status, ExitStatusKind::Code(4));
}

#[tokio::test]
async fn a_cli_that_ignores_the_end_of_stdin_is_asked_to_end() {
    let script =
        r#"trap 'echo "{\"type\":\"asked\"}"; exit 143' TERM; echo '{"type":"ready"}'; while :; do sleep 0.01; done"#;
    let mut cli = Scripted::start(script).await;
    assert_eq!(cli.next_type().await, "ready");
    cli.process.stop(Duration::from_millis(400));
    let (frames, exit) = cli.rest().await;
    assert_eq!((frames, exit.status), (vec![says("asked")], ExitStatusKind::Code(143)));
}

#[tokio::test]
async fn a_cli_that_ignores_everything_is_killed_with_its_group() {
    let script = r#"trap '' TERM; sleep 600 & echo "{\"type\":\"$!\"}"; while :; do sleep 0.01; done"#;
    let mut cli = Scripted::start(script).await;
    let child: u32 = cli.next_type().await.parse().unwrap();
    let pid = cli.process.pid;
    cli.process.stop(Duration::from_millis(100));
    assert_eq!(cli.rest().await.1.status, ExitStatusKind::Signal(9));
    wait_until_reaped(pid).await;
    wait_until_dead(child).await;
}

#[tokio::test]
async fn a_process_that_was_left_in_the_group_neither_lives_on_nor_delays_the_end() {
    let mut cli = Scripted::start(r#"sleep 600 & echo "{\"type\":\"$!\"}"; exit 0"#).await;
    let child: u32 = cli.next_type().await.parse().unwrap();
    assert_eq!(cli.rest().await.1.status, ExitStatusKind::Code(0));
    wait_until_dead(child).await;
}

#[tokio::test]
async fn a_process_that_left_the_group_and_the_session_is_ended_too() {
    let script = r#"setsid sh -c 'echo "{\"type\":\"$$\"}"; exec sleep 600' & read -r line; exit 5"#;
    let mut cli = Scripted::start(script).await;
    let runaway = cli.next_type().await.parse().unwrap();
    cli.process.stop(Duration::from_secs(20));
    assert_eq!(cli.rest().await.1.status, ExitStatusKind::Code(5));
    assert!(is_dead(runaway), "the end is told when nothing is left");
}

#[tokio::test]
async fn dropping_a_process_lets_it_clean_up_and_reaps_it() {
    let script =
        r#"trap 'echo cleaned > cleaned; exit 143' TERM; echo '{"type":"ready"}'; while :; do sleep 0.01; done"#;
    let mut cli = Scripted::start(script).await;
    assert_eq!(cli.next_type().await, "ready");
    let Scripted { process, folder } = cli;
    let pid = process.pid;
    drop(process);
    wait_until_reaped(pid).await;
    assert!(folder.path().join("cleaned").exists());
}

#[test]
fn the_end_of_the_runtime_ends_its_processes_with_their_groups() {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
    let (cli, child) = runtime.block_on(async {
        let mut cli = Scripted::start(r#"trap '' TERM; sleep 600 & echo "{\"type\":\"$!\"}"; wait"#).await;
        let child = cli.next_type().await.parse().unwrap();
        (cli, child)
    });
    runtime.shutdown_background();
    let waiting = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    waiting.block_on(async {
        wait_until_dead(cli.process.pid).await;
        wait_until_dead(child).await;
    });
}

#[tokio::test]
async fn the_private_files_are_there_for_the_cli_and_gone_at_its_end() {
    let folder = tempfile::tempdir().unwrap();
    let mut launch = shell(
        r#"for arg; do case $arg in --append-system-prompt-file=*) cat "${arg#*=}";; esac; done; read -r line"#,
        folder.path(),
    );
    launch.system_prompt = "{\"type\":\"prompt\"}\n".into();
    let process = start(&launch, &Settings::default()).await.unwrap();
    let mut cli = Scripted { process, folder };
    assert_eq!(cli.next_type().await, "prompt");
    assert!(launch.private_dir.exists());
    cli.process.stop(Duration::from_secs(10));
    cli.rest().await;
    assert!(!launch.private_dir.exists());
}

#[tokio::test]
async fn a_cli_that_reads_nothing_is_an_error_and_never_a_wait() {
    let mut cli = Scripted::start(r#"echo '{"type":"ready"}'; exec sleep 600"#).await;
    assert_eq!(cli.next_type().await, "ready");
    let big = Input::User { content: "x".repeat(100_000).into() };
    let error = (0..=INPUT_QUEUE + 2).find_map(|_| cli.process.send(big.clone()).err()).unwrap();
    assert_eq!(error.kind(), ErrorKind::CliProtocol);
    cli.process.kill();
    assert_eq!(cli.rest().await.1.status, ExitStatusKind::Signal(15));
}

#[tokio::test]
async fn an_owner_that_does_not_read_does_not_keep_a_cli_from_ending() {
    let mut cli = Scripted::start(r#"while :; do echo '{"type":"more"}'; done"#).await;
    let pid = cli.process.pid;
    assert!(matches!(cli.next().await, Output::Frames(_)));
    cli.process.stop(Duration::from_millis(200));
    wait_until_reaped(pid).await;
    assert_eq!(cli.rest().await.1.status, ExitStatusKind::Signal(15));
}

#[tokio::test]
async fn the_environment_is_the_policys_and_the_folder_is_the_sessions() {
    let mut settings = Settings::default();
    settings.env.set.insert("WHAT".into(), "set".into());
    let script =
        r#"echo "{\"type\":\"$WHAT $CLAUDE_CODE_ENTRYPOINT $MCP_TIMEOUT\"}"; read -r x; [ . -ef "$0" ] || pwd >&2"#;
    let mut cli = Scripted::with(script, &settings).await;
    assert_eq!(cli.next_type().await, "set claude-bridge 10000");
    cli.process.stop(Duration::from_secs(10));
    let exit = cli.rest().await.1;
    assert_eq!(exit.stderr_tail, [cli.folder.path().canonicalize().unwrap().to_str().unwrap()]);
}

#[tokio::test]
async fn what_cannot_be_started_is_an_error_that_names_it_and_leaves_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let mut launch = shell("", folder.path());
    launch.cli.path = "/nonexistent/claude".into();
    launch.system_prompt = "text".into();
    let error = start(&launch, &Settings::default()).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::CliNotFound);
    assert!(error.message().contains("/nonexistent/claude"));
    assert!(!launch.private_dir.exists());
    launch.cwd = folder.path().join("missing");
    assert_eq!(start(&launch, &Settings::default()).await.unwrap_err().kind(), ErrorKind::InvalidParams);
}

#[cfg(target_os = "linux")]
#[tokio::test]
async fn a_guard_that_is_killed_before_it_can_report_is_no_missing_cli_and_leaves_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let (guard, orphan) = (folder.path().join("guard"), folder.path().join("orphan"));
    let script = format!("#!/bin/sh\nsleep 300 >/dev/null 2>&1 &\necho $! > {}\nkill -9 $$\n", orphan.display());
    std::fs::write(&guard, script).unwrap();
    std::fs::set_permissions(&guard, std::os::unix::fs::PermissionsExt::from_mode(0o700)).unwrap();
    let settings = Settings { guard, ..Settings::default() };
    let error = start(&shell("", folder.path()), &settings).await.unwrap_err();
    assert_eq!((error.kind(), error.kind().retryable()), (ErrorKind::CliExited, true));
    let pid = std::fs::read_to_string(orphan).unwrap();
    assert!(is_dead(pid.trim().parse().unwrap()), "process {pid} lives");
}

/// Waits until a process of ours is reaped.
async fn wait_until_reaped(pid: u32) {
    until(|| !Path::new(&format!("/proc/{pid}")).exists()).await;
}

/// Waits until a process is dead; whose child it is now, and when that one reaps it, is not ours to say.
async fn wait_until_dead(pid: u32) {
    until(|| is_dead(pid)).await;
}

fn is_dead(pid: u32) -> bool {
    std::fs::read_to_string(format!("/proc/{pid}/stat")).map_or(true, |stat| stat.contains(") Z "))
}

async fn until(condition: impl Fn() -> bool) {
    let holds = async {
        while !condition() {
            sleep(Duration::from_millis(2)).await;
        }
    };
    timeout(Duration::from_secs(10), holds).await.unwrap();
}
