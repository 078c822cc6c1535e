//! A PostgreSQL of the tests' own, from the system's packages.

#![allow(dead_code, reason = "each test uses its own part")]

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

/// The password of its user `reader`.
pub(crate) const PASSWORD: &str = "s3cret-of-the-test";

/// A PostgreSQL of our own in a scratch folder, on a socket and on loopback, run by a user who is not root.
pub(crate) struct Server {
    data: tempfile::TempDir,
    programs: PathBuf,
    pub(crate) port: u16,
}

impl Server {
    /// Starts one, or says what is missing and skips the test; where nothing may be missing, since the checks have
    /// installed it (`CHILDLINK_ALL`), it fails.
    pub(crate) fn start_or_skip() -> Option<Server> {
        match Server::start() {
            Ok(server) => Some(server),
            Err(missing) if std::env::var_os("CHILDLINK_ALL").is_none() => {
                eprintln!("skipped: no PostgreSQL to ask: {missing}");
                None
            }
            Err(missing) => panic!("no PostgreSQL to ask: {missing}"),
        }
    }

    fn start() -> Result<Server, String> {
        let programs = programs().ok_or("PostgreSQL is not installed: scripts/setup installs it")?;
        let data = tempfile::Builder::new().prefix("childlink-postgres-").tempdir().expect("a scratch folder");
        let server = Server { data, programs, port: free_port() };
        fs::write(server.folder().join("password"), PASSWORD).expect("written");
        if is_root() {
            // The server refuses to run as root. Debian's package brings a user for it.
            let owned = Command::new("chown").args(["-R", "postgres"]).arg(server.folder()).status();
            if !owned.is_ok_and(|status| status.success()) {
                return Err("there is no user postgres to run the server".to_owned());
            }
        }
        let store = server.folder().join("data");
        let password = server.folder().join("password");
        server.program(
            "initdb",
            &["-D", path(&store), "-U", "reader", "--pwfile", path(&password), "-A", "scram-sha-256"],
        )?;
        let options = format!(
            "-p {} -c listen_addresses=127.0.0.1 -c unix_socket_directories={} -c fsync=off",
            server.port,
            server.folder().display()
        );
        let log = server.folder().join("log");
        server.program("pg_ctl", &["-D", path(&store), "-l", path(&log), "-o", &options, "-w", "start"])?;
        Ok(server)
    }

    pub(crate) fn folder(&self) -> &Path {
        self.data.path()
    }

    /// Runs a program of the server, as a user who is not root.
    pub(crate) fn program(&self, name: &str, arguments: &[&str]) -> Result<(), String> {
        let program = self.programs.join(name);
        let mut command = if is_root() {
            let mut command = Command::new("setpriv");
            command.args(["--reuid=postgres", "--regid=postgres", "--clear-groups"]).arg(program);
            command
        } else {
            Command::new(program)
        };
        let output = command.args(arguments).current_dir(self.folder()).output().map_err(|e| e.to_string())?;
        if output.status.success() { Ok(()) } else { Err(String::from_utf8_lossy(&output.stderr).into_owned()) }
    }

    pub(crate) fn url(&self, user: &str) -> String {
        format!("postgresql://{user}@127.0.0.1:{}/postgres", self.port)
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let store = self.folder().join("data");
        // A scratch server: nothing is lost if it is gone already.
        let _ = self.program("pg_ctl", &["-D", path(&store), "-m", "immediate", "stop"]);
    }
}

pub(crate) fn path(path: &Path) -> &str {
    path.to_str().expect("a scratch folder of plain letters")
}

fn programs() -> Option<PathBuf> {
    let mut versions: Vec<PathBuf> =
        fs::read_dir("/usr/lib/postgresql").ok()?.filter_map(|entry| Some(entry.ok()?.path().join("bin"))).collect();
    versions.sort();
    versions.into_iter().rev().find(|programs| programs.join("initdb").is_file())
}

fn is_root() -> bool {
    let id = Command::new("id").arg("-u").output().expect("id");
    String::from_utf8_lossy(&id.stdout).trim() == "0"
}

pub(crate) fn free_port() -> u16 {
    std::net::TcpListener::bind("127.0.0.1:0").and_then(|free| free.local_addr()).expect("a free port").port()
}
