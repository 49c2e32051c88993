//! HTTPS with a certificate that no one trusts: the browser under test is started so that it doesn't mind.

use std::net::SocketAddr;
use std::sync::Arc;

use rustls::ServerConfig;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::mpsc;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::server::TlsStream;

use crate::{in_words, without_delay};

/// Connections that have finished their handshake and wait for the server.
const WAITING_MAX: usize = 64;

/// Shakes hands with each client by itself, so that one that says nothing holds up no other.
pub struct Listener {
    ready: mpsc::Receiver<(TlsStream<TcpStream>, SocketAddr)>,
    address: SocketAddr,
}

impl Listener {
    pub fn start(listener: TcpListener) -> Result<Listener, String> {
        let acceptor = TlsAcceptor::from(Arc::new(self_signed()?));
        let address = listener.local_addr().map_err(in_words)?;
        let (sender, ready) = mpsc::channel(WAITING_MAX);
        tokio::spawn(async move {
            while !sender.is_closed() {
                let Ok((mut stream, from)) = listener.accept().await else { continue };
                without_delay(&mut stream);
                let (acceptor, sender) = (acceptor.clone(), sender.clone());
                tokio::spawn(async move {
                    // A client that gives up its handshake is gone; so is a server that ended meanwhile.
                    if let Ok(stream) = acceptor.accept(stream).await {
                        let _ = sender.send((stream, from)).await;
                    }
                });
            }
        });
        Ok(Listener { ready, address })
    }
}

impl axum::serve::Listener for Listener {
    type Io = TlsStream<TcpStream>;
    type Addr = SocketAddr;

    async fn accept(&mut self) -> (Self::Io, SocketAddr) {
        match self.ready.recv().await {
            Some(connection) => connection,
            None => std::future::pending().await,
        }
    }

    fn local_addr(&self) -> std::io::Result<SocketAddr> {
        Ok(self.address)
    }
}

fn self_signed() -> Result<ServerConfig, String> {
    let names = vec!["127.0.0.1".to_owned(), "localhost".to_owned()];
    let pair = rcgen::generate_simple_self_signed(names).map_err(in_words)?;
    let key = rustls::pki_types::PrivateKeyDer::try_from(pair.signing_key.serialize_der())?;
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let mut config = ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(in_words)?
        .with_no_client_auth()
        .with_single_cert(vec![pair.cert.der().clone()], key)
        .map_err(in_words)?;
    config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
    Ok(config)
}
