//! Does what a chapter says, in a folder of its own.

use std::fs::{self, File};
use std::io::{BufRead, BufReader, Write};
use std::net::{Ipv4Addr, TcpListener};
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::thread;
use std::time::Duration;

use tempfile::TempDir;

use crate::chapter::{Step, missing};
use crate::until::until;

const PROGRAM: &str = env!("CARGO_BIN_EXE_offerd");
/// The ports on paper.
const PORTS: &[&str] = &["18443", "9735", "9736", "9737", "8081", "8443"];
/// Folders on paper that are the machine's own.
const FOLDERS: &[&str] =
    &["/etc/offerd", "/etc/systemd/system", "/usr/local", "/var/lib/offerd", "/home/alice"];
/// Longer than any command takes on a busy machine.
const PATIENCE: Duration = Duration::from_secs(90);
/// Stands behind what a command printed, with its exit status.
const END: &str = "the command is over:";
/// Behaves as on a terminal where its output is shown. No user is made, no service started, and no group given a file.
const TERMINAL: &str = r#"
exec 2>&1 9>&1
useradd() { echo "useradd $*"; }
systemctl() { echo "systemctl $*"; }
install() {
    local words=()
    while [ $# -gt 0 ]; do
        if [ "$1" = -g ]; then shift; else words+=("$1"); fi
        shift
    done
    command install "${words[@]}"
}
offer-cli() {
    if [ /proc/self/fd/1 -ef /proc/self/fd/9 ]; then command offer-cli --human "$@"; else command offer-cli "$@"; fi
}
"#;

/// Plays all steps; fails at the first that goes otherwise than the chapter says.
pub(crate) fn play(steps: &[Step]) {
    let dir = tempfile::tempdir().unwrap();
    let paper = Paper::new(dir.path());
    let mut stage = Stage { shell: Shell::open(dir.path()), running: Vec::new(), paper, dir };
    for step in steps {
        stage.act(step);
    }
}

/// Whether the programs that a chapter calls are there; where they are required, they must be.
pub(crate) fn can_call(chapter: &str, programs: &[&str]) -> bool {
    // Each of them has one of these.
    let answers = |program: &str, flag: &str| {
        Command::new(program).arg(flag).output().is_ok_and(|output| output.status.success())
    };
    let is_there =
        |program: &str| ["--version", "version", "-v"].iter().any(|it| answers(program, it));
    let Some(missing) = programs.iter().find(|program| !is_there(program)) else { return true };
    let required = std::env::var_os("OFFERD_TESTS_REQUIRE_BOOK").is_some();
    assert!(!required, "{chapter} needs {missing}, which is not installed");
    println!("skipped: {chapter} needs {missing}, which is not installed");
    false
}

/// The folder, and all that runs in it. Fields are dropped in this order.
struct Stage {
    shell: Shell,
    running: Vec<Running>,
    paper: Paper,
    dir: TempDir,
}

impl Stage {
    fn act(&mut self, step: &Step) {
        match step {
            Step::File { name, content } => {
                let path = self.dir.path().join(self.paper.real(name));
                fs::create_dir_all(path.parent().unwrap()).unwrap();
                fs::write(path, self.paper.real(content)).unwrap();
            }
            Step::Run { command, prints } => {
                let printed = self.shell.run(&self.paper.real(command));
                let prints = self.paper.real_lines(prints);
                if let Some(line) = missing(&prints, &printed) {
                    panic!("$ {command}\n{printed}\nlacks this line: {line}");
                }
            }
            Step::Start { command, prints } => {
                let name = format!("output-{}", self.running.len());
                let output = self.dir.path().join(name);
                let real = self.paper.real(command);
                self.running.push(Running::start(self.dir.path(), &real, &output));
                let prints = self.paper.real_lines(prints);
                let read = || fs::read_to_string(&output).unwrap();
                let shown = || missing(&prints, &read()).is_none().then_some(());
                // What it has printed tells more than that it was waited for.
                let all = std::panic::catch_unwind(|| until("what the command prints", shown));
                assert!(all.is_ok(), "$ {command}\n{}", read());
            }
        }
    }
}

/// Something that goes on until it is ended.
struct Running(Child);

impl Running {
    fn start(dir: &Path, command: &str, output: &Path) -> Self {
        let file = File::create(output).unwrap();
        let mut shell = bash(dir);
        shell.args(["-c", &format!("exec {command}")]).stdin(Stdio::null());
        shell.stdout(file.try_clone().unwrap()).stderr(file);
        Self(shell.spawn().unwrap())
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        let pid = self.0.id().to_string();
        let asked = Command::new("kill").args(["-TERM", &pid]).status();
        if asked.is_ok_and(|status| status.success()) {
            self.0.wait().unwrap();
        }
    }
}

/// The shell that commands are given to, one after the other.
struct Shell {
    child: Child,
    input: ChildStdin,
    lines: Receiver<String>,
}

impl Shell {
    fn open(dir: &Path) -> Self {
        let mut child = bash(dir).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
        let (input, output) = (child.stdin.take().unwrap(), child.stdout.take().unwrap());
        let (send, lines) = channel();
        thread::spawn(move || {
            let all = BufReader::new(output).lines().map_while(Result::ok);
            all.take_while(|line| send.send(line.clone()).is_ok()).count()
        });
        let mut shell = Self { child, input, lines };
        shell.give(TERMINAL);
        shell
    }

    fn give(&mut self, text: &str) {
        self.input.write_all(text.as_bytes()).unwrap();
        self.input.flush().unwrap();
    }

    /// What the command prints. It must succeed.
    fn run(&mut self, command: &str) -> String {
        // Not from our input: it would read the next command.
        self.give(&format!("{{ {command}\n}} < /dev/null; printf '\\n%s %s\\n' '{END}' $?\n"));
        let mut printed = String::new();
        loop {
            let line = self.lines.recv_timeout(PATIENCE);
            let line = line.unwrap_or_else(|error| panic!("$ {command}\n{printed}\n{error}"));
            if let Some(status) = line.strip_prefix(END) {
                assert_eq!(status.trim(), "0", "$ {command}\n{printed}");
                return printed;
            }
            printed.push_str(&line);
            printed.push('\n');
        }
    }
}

impl Drop for Shell {
    fn drop(&mut self) {
        // What it started in the background ends with it.
        let group = format!("-{}", self.child.id());
        let asked = Command::new("kill").args(["-TERM", "--", &group]).status();
        drop(asked);
        let _ = self.child.kill();
        self.child.wait().unwrap();
    }
}

/// A shell without anybody's settings, which finds our programs.
fn bash(dir: &Path) -> Command {
    let programs = Path::new(PROGRAM).parent().unwrap();
    let client = programs.join("offer-cli");
    assert!(client.exists(), "build the workspace first: {} is missing", client.display());
    let path = std::env::var("PATH").unwrap_or_default();
    let mut bash = Command::new("bash");
    bash.args(["--noprofile", "--norc"]).current_dir(dir).process_group(0);
    bash.env("HOME", dir).env("PATH", format!("{}:{path}:/usr/sbin", programs.display()));
    bash
}

/// What stands for the ports and folders on paper: free ports, and folders in that of the chapter.
struct Paper(Vec<(&'static str, String)>);

impl Paper {
    fn new(dir: &Path) -> Self {
        // All are bound before the first is let go, so that no two are the same.
        let free = |_: &&str| TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        let listeners: Vec<_> = PORTS.iter().map(free).collect();
        let port = |listener: TcpListener| listener.local_addr().unwrap().port().to_string();
        let ports = PORTS.iter().copied().zip(listeners.into_iter().map(port));
        let folder = |folder: &'static str| {
            // A home is where `HOME` leads.
            let inner = if folder.starts_with("/home") { "" } else { folder };
            (folder, format!("{}{inner}", dir.display()))
        };
        Self(ports.chain(FOLDERS.iter().copied().map(folder)).collect())
    }

    fn real(&self, text: &str) -> String {
        self.0.iter().fold(text.to_owned(), |text, (paper, real)| text.replace(paper, real))
    }

    fn real_lines(&self, lines: &[String]) -> Vec<String> {
        lines.iter().map(|line| self.real(line)).collect()
    }
}
