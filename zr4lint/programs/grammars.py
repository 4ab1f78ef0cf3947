"""Tables of the options of curl, wget, useradd, groupadd, mkdir and adduser, and which of them take a value.

From `curl --help all` (7.88), `wget --help` (1.21), `useradd --help` and `groupadd --help` (shadow 4.13),
`mkdir --help` (coreutils 9.1) and `adduser --help` (Debian 12).
"""

from __future__ import annotations

from collections.abc import Mapping

from zr4lint.programs.option_reading import Grammar


def _grammar(short: str, valued: str) -> Grammar:
    """Return a grammar from `short`, with "o=output" for each letter, and from the options that take a value."""
    letters = dict(pair.partition("=")[::2] for pair in short.split())
    return Grammar(letters, frozenset(valued.split()), frozenset(), abbreviate=False)


GRAMMARS: Mapping[str, Grammar] = {
    "curl": _grammar(
        "#=progress-bar 0=http1.0 1=tlsv1 2=sslv2 3=sslv3 4=ipv4 6=ipv6 :=next A=user-agent B=use-ascii "
        "C=continue-at D=dump-header E=cert F=form G=get H=header I=head J=remote-header-name K=config "
        "L=location M=manual N=no-buffer O=remote-name P=ftp-port Q=quote R=remote-time S=show-error "
        "T=upload-file U=proxy-user V=version X=request Y=speed-limit Z=parallel a=append b=cookie "
        "c=cookie-jar d=data e=referer f=fail g=globoff h=help i=include j=junk-session-cookies k=insecure "
        "l=list-only m=max-time n=netrc o=output p=proxytunnel q=disable r=range s=silent t=telnet-option "
        "u=user v=verbose w=write-out x=proxy y=speed-time z=time-cond",
        "abstract-unix-socket alt-svc aws-sigv4 cacert capath cert cert-type ciphers config connect-timeout "
        "connect-to continue-at cookie cookie-jar create-file-mode crlfile curves data data-ascii data-binary "
        "data-raw data-urlencode delegation dns-interface dns-ipv4-addr dns-ipv6-addr dns-servers doh-url "
        "dump-header egd-file engine etag-compare etag-save expect100-timeout form form-string ftp-account "
        "ftp-alternative-to-user ftp-method ftp-port ftp-ssl-ccc-mode happy-eyeballs-timeout-ms header help "
        "hostpubmd5 hostpubsha256 hsts interface json keepalive-time key key-type krb libcurl limit-rate "
        "local-port login-options mail-auth mail-from mail-rcpt max-filesize max-redirs max-time netrc-file "
        "noproxy oauth2-bearer output output-dir parallel-max pass pinnedpubkey proto proto-default "
        "proto-redir proxy-cacert proxy-capath proxy-cert proxy-cert-type proxy-ciphers proxy-crlfile "
        "proxy-header proxy-key proxy-key-type proxy-pass proxy-pinnedpubkey proxy-service-name "
        "proxy-tls13-ciphers proxy-tlsauthtype proxy-tlspassword proxy-tlsuser proxy-user proxy1.0 pubkey "
        "quote random-file range rate referer request request-target resolve retry retry-delay retry-max-time "
        "sasl-authzid service-name socks4 socks4a socks5 socks5-gssapi-service socks5-hostname speed-limit "
        "speed-time stderr telnet-option tftp-blksize time-cond tls-max tls13-ciphers tlsauthtype tlspassword "
        "tlsuser trace trace-ascii unix-socket upload-file url url-query user user-agent write-out",
    ),
    "wget": _grammar(
        "4=inet4-only 6=inet6-only A=accept B=base D=domains E=adjust-extension F=force-html H=span-hosts "
        "I=include-directories K=backup-converted L=relative N=timestamping O=output-document "
        "P=directory-prefix Q=quota R=reject S=server-response T=timeout U=user-agent V=version "
        "X=exclude-directories a=append-output b=background c=continue d=debug e=execute h=help i=input-file "
        "k=convert-links l=level m=mirror o=output-file p=page-requisites q=quiet r=recursive t=tries "
        "v=verbose w=wait x=force-directories",
        "accept accept-regex append-output backups base bind-address body-data body-file ca-certificate "
        "ca-directory certificate certificate-type ciphers compression config connect-timeout crl-file "
        "cut-dirs default-page directory-prefix dns-timeout domains exclude-directories exclude-domains "
        "execute follow-tags ftp-password ftp-user header http-password http-user ignore-tags "
        "include-directories input-file level limit-rate load-cookies local-encoding method output-document "
        "output-file password pinnedpubkey post-data post-file prefer-family private-key private-key-type "
        "progress proxy-password proxy-user quota read-timeout referer regex-type reject reject-regex "
        "rejected-log remote-encoding report-speed restrict-file-names retry-on-http-error save-cookies "
        "secure-protocol start-pos timeout tries use-askpass user user-agent wait waitretry warc-dedup "
        "warc-file warc-header warc-max-size warc-tempdir",
    ),
    "useradd": _grammar(
        "D=defaults F=add-subids-for-system G=groups K=key M=no-create-home N=no-user-group P=prefix R=root "
        "U=user-group Z=selinux-user b=base-dir c=comment d=home-dir e=expiredate f=inactive g=gid h=help "
        "k=skel l=no-log-init m=create-home o=non-unique p=password r=system s=shell u=uid",
        "base-dir comment expiredate gid groups home-dir inactive key password prefix root selinux-user shell skel uid",
    ),
    "groupadd": _grammar(
        "K=key P=prefix R=root U=users f=force g=gid h=help o=non-unique p=password r=system",
        "gid key password prefix root users",
    ),
    "mkdir": _grammar("Z=context m=mode p=parents v=verbose", "mode"),
    "adduser": _grammar(
        "",
        "comment conf firstgid firstuid gecos gid home ingroup lastgid lastuid shell uid",
    ),
}
"""Grammars by program, for rules that read the options of a `Ran`."""
