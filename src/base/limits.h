// Purpose: every bound of the program, with its unit and the reason for it. A bound that stands
//   anywhere else is a mistake.
#pragma once

#include <cstddef>
#include <cstdint>

#include "base/clock.h"

namespace ph::limits {

using namespace std::chrono_literals;

// --- messages ---
inline constexpr size_t kMessageBytes = 36u << 20;        // accepted mail: 25 MB of attachments in base64
inline constexpr size_t kHeaderBytes = 256u << 10;        // header section: Postfix' header_size_limit is 100 KiB
inline constexpr size_t kHeaderFields = 1000;             // fields of one message
inline constexpr size_t kHeaderLine = 998;                // RFC 5322 §2.1.1, without CRLF
inline constexpr size_t kHeaderLineWished = 78;           // RFC 5322 §2.1.1, where we fold
inline constexpr size_t kReceivedFields = 50;             // hop count: loops end here (RFC 5321 §6.3: >= 100 or fewer)
inline constexpr size_t kMimeDepth = 100;                 // nesting of parts
inline constexpr size_t kMimeParts = 1000;                // parts of one message
inline constexpr size_t kMimeParameterBytes = 8u << 10;   // one parameter with its RFC 2231 segments
inline constexpr size_t kMimeBoundary = 70;               // RFC 2046 §5.1.1
inline constexpr size_t kRecipients = 1000;               // of one send request; RFC 5321 §4.5.3.1.8: at least 100
inline constexpr size_t kReplyTo = 25;                    // addresses in Reply-To of one message
inline constexpr size_t kAttachments = 100;               // of one API request
inline constexpr size_t kCustomHeaders = 50;              // of one API request
inline constexpr size_t kSubject = 998;                   // code points after decoding
inline constexpr size_t kHeaderName = 76;                 // octets of a field name: one line with its colon
inline constexpr size_t kCustomHeaderValue = 8u << 10;    // octets of one custom header of an API request
inline constexpr size_t kMessageIdBytes = 250;            // with <> on one line, and in the store's index
inline constexpr size_t kEncodedWord = 75;                // RFC 2047 §2
inline constexpr size_t kEncodedLine = 76;                // RFC 2045 §6.7 and §6.8, without CRLF
inline constexpr size_t kMimeParameters = 1000;           // of one field, RFC 2231 segments counted each
inline constexpr size_t kFilename = 255;                  // octets: what file systems take
inline constexpr size_t kContentId = 255;                 // octets, without <>
inline constexpr size_t kDsnRecipients = 1000;            // of one delivery report, as kRecipients
inline constexpr size_t kDsnText = 1024;                  // octets kept of a diagnostic: two reply lines

// --- addresses and names ---
inline constexpr size_t kLocalPart = 64;                  // RFC 5321 §4.5.3.1.1, octets
inline constexpr size_t kDomain = 255;                    // RFC 5321 §4.5.3.1.2; as a name: 253 without the final dot
inline constexpr size_t kLabel = 63;                      // RFC 1035 §2.3.4
inline constexpr size_t kPath = 256;                      // RFC 5321 §4.5.3.1.3, with <>
inline constexpr size_t kAddressListBytes = 64u << 10;    // one From/To/Cc field
inline constexpr size_t kCommentDepth = 16;               // nested comments in an address
inline constexpr size_t kDisplayName = 512;               // octets of a display name in an API address
inline constexpr size_t kSenderName = 64;                 // display name of a sender address, code points

// --- SMTP, both roles ---
inline constexpr size_t kSmtpCommandLine = 2048;          // ours: RFC 5321 §4.5.3.1.4 asks 512, parameters add (RFC 4954: 12288 for AUTH)
inline constexpr size_t kSmtpAuthLine = 12288;            // RFC 4954 §4
inline constexpr size_t kSmtpReplyLine = 4096;            // one line of a receiver's reply
inline constexpr size_t kSmtpReplyBytes = 64u << 10;      // a whole reply
inline constexpr size_t kSmtpReplyText = 480;             // of one line of our own replies (RFC 5321 §4.5.3.1.5: 512 in all)
inline constexpr size_t kSmtpReplyLines = 1000;           // of one reply
inline constexpr size_t kSmtpBuffered = 256u << 10;       // pipelined input waiting; more than any one read
inline constexpr size_t kSmtpParameters = 16;             // of one MAIL or RCPT
inline constexpr size_t kSmtpCredential = 255;            // octets of a user name or password (RFC 4616 §2)
inline constexpr unsigned kSmtpBareLines = 3;             // command lines not ended by CRLF, then 421
inline constexpr unsigned kSmtpJunkCommands = 1000;       // NOOP, RSET, VRFY, HELP, EHLO between two messages
inline constexpr unsigned kSmtpRefusedRecipients = 1000;  // of one session; listeners may set fewer
inline constexpr size_t kSmtpPipelined = 100;             // commands of ours without a reply (RFC 2920 §3.1: no deadlock)
inline constexpr unsigned kSmtpErrors = 20;               // bad commands of one session (Postfix smtpd_hard_error_limit)
inline constexpr unsigned kSmtpAuthFailures = 3;          // of one session
inline constexpr unsigned kSmtpTransactions = 10000;      // of one session
inline constexpr Duration kSmtpCommandWait = 5min;        // RFC 5321 §4.5.3.2.7
inline constexpr Duration kSmtpStrangerWait = 60s;         // for a command of somebody unknown: before AUTH, and on the inbound door
inline constexpr Duration kSmtpPreAuth = 2min;            // whole session before AUTH on submission
inline constexpr Duration kSmtpDataWait = 3min;           // RFC 5321 §4.5.3.2.5, between two chunks
inline constexpr Duration kSmtpDataTotal = 30min;         // whole of one DATA
inline constexpr size_t kSmtpDataRate = 500;              // octets a second of content, after kSmtpDataWait (Postfix smtpd_min_data_rate)
inline constexpr Duration kSmtpNoMessage = 1h;            // of a session, since its start or its last message, whatever it says
inline constexpr Duration kSmtpLinger = 2s;               // reading what is still sent after our last reply
inline constexpr Duration kSmtpDrainLook = 20ms;          // between two looks whether all sessions have ended
inline constexpr size_t kSmtpRead = 32u << 10;            // octets of one read of a session
inline constexpr size_t kSmtpContentBytes = 256u << 20;   // content in memory, of all sessions of one door; beyond that 452
inline constexpr size_t kReportRecipients = 10;           // return paths of one incoming mail; a report has one
inline constexpr unsigned kReportGuesses = 10;            // recipients of one session that are no return path, then 421
inline constexpr unsigned kReportsKept = 20;              // of one recipient in kReportsWindow: its return path is known to strangers
inline constexpr Duration kReportsWindow = 24h;
inline constexpr size_t kReportMemory = 20000;            // recipients whose reports are counted
inline constexpr unsigned kSmtpSessionsPerClient = 50;    // of one address (IPv6: one /64)
inline constexpr unsigned kSmtpSessions = 2000;           // of one listener

// --- outbound ---
inline constexpr Duration kConnectWait = 30s;             // one TCP connect
inline constexpr Duration kBannerWait = 5min;             // RFC 5321 §4.5.3.2.1
inline constexpr Duration kTlsWait = 30s;                 // handshake
inline constexpr Duration kMailWait = 5min;               // RFC 5321 §4.5.3.2.2
inline constexpr Duration kRcptWait = 5min;               // RFC 5321 §4.5.3.2.3
inline constexpr Duration kDataStartWait = 2min;          // RFC 5321 §4.5.3.2.4
inline constexpr Duration kDataEndWait = 10min;           // RFC 5321 §4.5.3.2.6
inline constexpr Duration kSessionTotal = 45min;          // one delivery, whatever its phases took
inline constexpr unsigned kMxHosts = 20;                  // of one domain
inline constexpr unsigned kMxAddressTries = 10;           // connects of one attempt
inline constexpr unsigned kSiteWindow = 10;               // concurrent sessions to one destination
inline constexpr unsigned kSiteWindowMost = 20000;        // of delivery.sessions_per_site
inline constexpr Duration kFirstRetry = 5min;
inline constexpr Duration kRetryMost = 4h;                // longest wait between two attempts
inline constexpr Duration kQueueLifetime = 72h;           // then the recipient bounces, delivery_expired
inline constexpr Duration kConnectionIdle = 10s;          // an open session kept for reuse
inline constexpr unsigned kConnectionUses = 200;          // transactions over one session
inline constexpr size_t kTranscriptBytes = 8u << 10;      // kept of one attempt
inline constexpr Duration kConnectWaitMany = 10s;         // one TCP connect while other addresses are left
inline constexpr Duration kQuitWait = 5s;                 // a polite end of a session
inline constexpr size_t kReplyKept = 1024;                // octets of a receiver's reply in rows and events
inline constexpr unsigned kIdleSessions = 2000;           // open sessions kept for reuse, of one loop
inline constexpr Duration kSignatureKept = 60s;           // one signature serves a message's recipients
inline constexpr size_t kSignaturesKept = 1000;           // messages
inline constexpr size_t kSenderFacts = 10000;             // senders whose rows are remembered
inline constexpr Duration kSenderFactsKept = 1s;          // another node may have changed them
inline constexpr size_t kSigningKeysKept = 4096;          // opened private keys of domains
inline constexpr Duration kSigningKeyKept = 10min;        // then asked for again
inline constexpr Duration kSigningWait = 30s;              // a signature, with its turn on the crypto pool
inline constexpr Duration kMxLookupWait = 30s;            // all DNS of one attempt
inline constexpr unsigned kRoutes = 1000;                 // of delivery.routes
inline constexpr size_t kTlsSessionsKept = 4096;          // of receivers, for resumption, of one loop
inline constexpr size_t kTlsSessionBytes = 16u << 10;     // one as it is kept; a larger one is not
inline constexpr Duration kTlsSessionKept = 1h;           // then a handshake in full checks the certificate anew

// --- queue ---
inline constexpr unsigned kQueueSessions = 4000;          // sessions of all sites
inline constexpr unsigned kQueueSessionsMost = 50000;     // of delivery.sessions
inline constexpr unsigned kUnprovenShare = 2;             // sites without a recent delivery have one in so many sessions
inline constexpr unsigned kStuckShare = 8;                // and of those, sites that let sessions hang one in so many
inline constexpr Duration kSiteProven = 10min;            // a delivery speaks for its site so long
inline constexpr Duration kSiteStuck = 30s;               // sessions open, none of them ended: the site is stuck
inline constexpr unsigned kStuckSiteWindow = 2;           // sessions of a site that is stuck
inline constexpr size_t kSitesRemembered = 20000;         // sites without mail of which that is still known
inline constexpr size_t kQueueReady = 50000;              // recipients in memory, waiting for a window
inline constexpr size_t kQueueReadyLane = 500;            // of one account to one site that are read from rows
inline constexpr size_t kQueueReadyLaneLeast = 10;        // the same when memory is nearly full
inline constexpr size_t kQueueContentBytes = 128u << 20;  // content in memory; beyond, read when needed
inline constexpr size_t kQueuePage = 1000;                // recipients of one read
inline constexpr Duration kQueueLook = 60s;               // longest time between two looks for due rows
inline constexpr Duration kQueueLookAtAll = 1h;           // then all due rows are read anew, whatever was noted
inline constexpr size_t kOutcomesTogether = 500;          // of one write job
inline constexpr Duration kOutcomeRetry = 1s;             // first wait when outcomes cannot be written
inline constexpr Duration kOutcomeRetryMost = 30s;
inline constexpr uint32_t kOpenDeliveries = 8192;         // not yet durable outcomes, at least; beyond, nothing more is begun
inline constexpr uint32_t kOpenDeliveriesMost = 131072;   // slots of the file: two for each session
inline constexpr int64_t kQueueVerbSlice = 500;           // rows that one write job of a queue verb changes
inline constexpr int64_t kQueueVerbLook = 20'000;         // rows that become due by a verb before the queue looks at them
inline constexpr Duration kInterruptedCalm = 10s;         // of uptime before a delivery that a crash cut is tried again
inline constexpr int kInterruptedGrowth = 30;             // the calm grows so after each further cut
inline constexpr Duration kInterruptedCalmMost = 1h;
inline constexpr unsigned kExplainedAttempts = 50;        // of one recipient, shown
inline constexpr size_t kBusySites = 50;                  // destinations shown at once, the fullest
inline constexpr size_t kBusySiteAccounts = 10;           // of one of them

// --- DNS ---
inline constexpr size_t kDnsUdpPayload = 1232;            // EDNS buffer (DNS flag day 2020)
inline constexpr size_t kDnsMessage = 65535;              // RFC 1035 §4.2.2
inline constexpr unsigned kDnsPointers = 64;              // compression pointers in one name
inline constexpr unsigned kDnsRecords = 4096;             // of one message
inline constexpr size_t kDnsZoneServers = 8;              // of one zone, asked for their addresses
inline constexpr unsigned kCnameChain = 8;
inline constexpr Duration kDnsInteractive = 3s;           // a person waits
inline constexpr Duration kDnsEvaluation = 10s;           // one SPF or DMARC evaluation
inline constexpr unsigned kDnsOutstanding = 512;          // queries in flight
inline constexpr Duration kDnsTry = 1s;                   // one server's time before the next is asked
inline constexpr Duration kDnsForward = 5s;               // all servers' time for one question of libunbound's
inline constexpr Duration kDnsForwardTry = 400ms;         // then another server is asked as well; doubles each time
inline constexpr unsigned kDnsForwardSends = 4;           // of one question to one server: a datagram may be lost
inline constexpr unsigned kDnsForwarded = 1024;           // questions of libunbound's under way; beyond: servfail
inline constexpr size_t kDnsForwardedPayload = 65000;     // EDNS buffer on the way to libunbound: one datagram on loopback
inline constexpr Duration kDnsProbe = 3s;                 // whether the servers pass DNSSEC on
inline constexpr Duration kDnsProbeAgain = 60s;           // between two probes that told nothing
inline constexpr Duration kDnsTcpIdle = 10s;              // our name server's wait for one TCP query
inline constexpr unsigned kDnsTcpQueries = 100;           // of one connection to our name server
inline constexpr Duration kDnsListenTurn = 1s;            // one wait for a datagram: how soon stop() is seen
inline constexpr Duration kDnsListenPause = 100ms;        // after a failed receive
inline constexpr unsigned kDnsListenTries = 16;           // ports, where any free one will do
inline constexpr size_t kDnsFileBytes = 4u << 20;         // a zone file given by --dns
inline constexpr size_t kSpfRecordBytes = 8u << 10;       // one record's text; beyond: permerror
inline constexpr size_t kSpfExpansion = 64u << 10;        // one macro-string, expanded
inline constexpr size_t kDmarcRecordBytes = 8u << 10;     // one record's text; beyond: not DMARC
inline constexpr unsigned kSpfLookups = 10;               // RFC 7208 §4.6.4
inline constexpr unsigned kSpfVoidLookups = 2;            // RFC 7208 §4.6.4
inline constexpr unsigned kSpfMxAddresses = 10;           // RFC 7208 §4.6.4
inline constexpr unsigned kDmarcTreeQueries = 8;          // RFC 9989: the tree walk's most

// --- mail authentication ---
inline constexpr unsigned kDkimSignatures = 10;           // verified of one message
inline constexpr unsigned kDkimKeyBitsLeast = 1024;       // RFC 8301 §3.2, to verify
inline constexpr unsigned kDkimKeyBitsMost = 4096;
inline constexpr size_t kDkimTags = 64;                   // of one signature or key record; fifteen are known
inline constexpr size_t kDkimSignedNames = 1100;          // in one h=: kHeaderFields, and the over-signed
inline constexpr size_t kDkimKeyRecords = 8;              // TXT records tried at one name; one is right
inline constexpr size_t kDkimKeyRecordBytes = 8u << 10;   // text of one: 4096 bits take about 800

// --- net ---
inline constexpr int kLoopBudget = 64;                    // operations in a row that need no wait; then others run
inline constexpr int kLoopEvents = 256;                   // taken from the kernel at once
inline constexpr size_t kStreamRead = 64u << 10;          // most bytes of one read from a socket
inline constexpr size_t kStreamPairBytes = 64u << 10;     // under way in one direction of an in-memory pair
inline constexpr size_t kTlsWrite = 64u << 10;            // plain bytes encrypted before they are sent
inline constexpr int kUdpReceiveBuffer = 1 << 20;         // of a bound socket; the kernel cuts it to net.core.rmem_max
inline constexpr int kAcceptBacklog = 4096;               // the kernel cuts it to net.core.somaxconn
inline constexpr Duration kAcceptPause = 100ms;           // after EMFILE and its kin
inline constexpr Duration kKeepAliveIdle = 120s;          // then TCP asks whether the peer is there
inline constexpr unsigned kGatherMost = 10000;            // tasks of one gather()
inline constexpr uint64_t kOtherFiles = 2048;             // descriptors beside sessions: store, segments, loops, DNS

// --- HTTP ---
inline constexpr size_t kHttpHeaderBytes = 48u << 10;     // request line and fields of one message
inline constexpr size_t kHttpBodyBytes = 40u << 20;       // a message with its base64 attachments
inline constexpr size_t kRestBodyBytes = 64u << 10;       // of REST operations that carry no mail
inline constexpr size_t kHttpTarget = 33u << 10;          // the imitated API takes 32 KiB of parameters in a query
inline constexpr unsigned kHttpRequestsPerConnection = 100000;
inline constexpr Duration kHttpHeaderWait = 15s;
inline constexpr Duration kHttpBodyWait = 60s;
inline constexpr Duration kHttpIdle = 75s;
inline constexpr size_t kForwardedHops = 20;              // read of X-Forwarded-For, from its end
inline constexpr unsigned kHttpHeaders = 100;             // fields of one request
inline constexpr size_t kHttpMethod = 24;                 // octets
inline constexpr size_t kHttpChunkLine = 256;             // size and extensions of one chunk
inline constexpr size_t kHttpBodyRate = 64u << 10;        // octets a second that a body must keep, after kHttpBodyWait
inline constexpr size_t kHttpBodiesBytes = 512u << 20;    // request bodies in memory, of one server; beyond that 503
inline constexpr Duration kHttpWriteWait = 60s;           // for a response, and more by kHttpBodyRate
inline constexpr Duration kHttpDrainLook = 20ms;          // between two looks whether all requests have ended
inline constexpr Duration kHttpLinger = 2s;               // reading what is still sent after a refusal
inline constexpr size_t kHttpQueryFields = 200;           // names of one query
inline constexpr Duration kSignatureWindow = 300s;        // a signed request's clock against ours (TC3; AWS the same)
inline constexpr Duration kPresignedMost = 168h;          // X-Amz-Expires: 7 days at most
inline constexpr size_t kSignedHeaders = 64;              // names in one SignedHeaders
inline constexpr size_t kCredentialPart = 128;            // octets of one part of a credential scope
inline constexpr unsigned kHttpConnections = 4096;
inline constexpr unsigned kHttpConnectionsPerClient = 256;
inline constexpr unsigned kJsonDepth = 32;
inline constexpr size_t kJsonValues = 200'000;            // of one document: a value takes 40 bytes where the text takes two
inline constexpr size_t kJsonItems = 200000;              // of one array or object
inline constexpr size_t kJsonKey = 1024;                  // octets of one key
inline constexpr size_t kPageMost = 200;                  // rows of one page
inline constexpr size_t kPageDefault = 50;
inline constexpr size_t kIdempotencyKey = 256;            // octets
inline constexpr Duration kIdempotencyKept = 24h;
inline constexpr Duration kFactsKept = 1s;                // what a send is judged by, in memory: another node's change shows after this
inline constexpr size_t kFactsMemory = 10000;             // keys, and senders, so remembered
inline constexpr Duration kHousekeepingPause = 10min;     // between two looks for rows that nobody needs
inline constexpr int64_t kHousekeepingSlice = 500;        // rows of one write job: no accept waits for more

// --- live parts of the console ---
inline constexpr unsigned kEventStreamsPerCredential = 4;  // of one session or key: of a browser's six connections two stay for calls
inline constexpr unsigned kEventStreams = 1000;           // of one process: each is a connection that stays
inline constexpr Duration kEventStreamBeat = 15s;         // between two heartbeats and looks at the credential: half of what proxies wait
inline constexpr size_t kEventStreamPiece = 256u << 10;   // octets of one write to one stream
inline constexpr Duration kEventLook = 250ms;             // between two looks at the log's end, while somebody listens
inline constexpr size_t kEventLookRows = 2000;            // rows of one look
inline constexpr size_t kEventsKept = 20'000;             // events in memory for those who listen; who is further behind is dropped
inline constexpr size_t kEventsKeptBytes = 16u << 20;     // octets of them
inline constexpr Duration kEventLate = 30s;               // from an event's id to its commit: kStoreWait, and two nodes' clocks
inline constexpr Duration kEventLateLook = 5s;            // between two looks that go back so far; the others go back kEventLateNear
inline constexpr Duration kEventLateNear = 2s;            // a commit that takes longer is rare
inline constexpr size_t kEventNodes = 64;                 // nodes of one cursor
inline constexpr int64_t kHourCountersLeastDays = 3;      // sums by hour are kept as long as messages, and so long at least
inline constexpr size_t kMessagesAtOnce = 200;            // messages of one verb: as many as one page lists

// --- bulk sending ---
inline constexpr int64_t kBulkRows = 1'000'000;           // recipients of one job
inline constexpr uint64_t kBulkUploadBytes = 512u << 20;  // of one upload: half a KiB a row at the most rows
inline constexpr size_t kBulkContentBytes = 8u << 20;     // the content as JSON, attachments in base64: kept once, rendered for each
inline constexpr size_t kBulkLine = 16u << 10;            // octets of one recipient's line
inline constexpr size_t kBulkListed = 10'000;             // recipients of one JSON body; more come as lines
inline constexpr size_t kBulkVariables = 100;             // of one row's data, and of one content
inline constexpr size_t kBulkVariableName = 64;           // octets
inline constexpr size_t kBulkHeader = 900;                // octets of a rendered header: it always fits one line
inline constexpr size_t kBulkRenderedBytes = 16u << 20;   // one rendered mail: content, and what variables repeat in it
inline constexpr size_t kBulkRenderedTogether = 64u << 20;  // rendered mails in the sessions of one loop
inline constexpr size_t kBulkChunk = 256u << 10;          // octets of an upload that are one content record
inline constexpr int64_t kBulkJobsOpen = 50;               // of one account, not ended: each may keep an upload
inline constexpr unsigned kBulkUploads = 4;               // received at once; beyond, 503
inline constexpr Duration kBulkUploadWait = 1h;           // the whole of one upload
inline constexpr Duration kBulkUploadKept = 2h;           // of an upload that never ended
inline constexpr size_t kBulkSlice = 500;                 // rows of one write job
inline constexpr size_t kBulkSliceLeast = 20;             // rows of one write job, however slow the store is
inline constexpr Duration kBulkSliceTime = 4ms;           // of the writer, wished: no accept waits for more
inline constexpr int64_t kBulkAhead = 100'000;            // rows of one job that were never attempted; beyond, it waits
inline constexpr int64_t kBulkAheadLook = 5'000;          // rows between two looks at that
inline constexpr Duration kBulkAheadWait = 1s;            // between two looks when too many wait
inline constexpr Duration kBulkLook = 5s;                 // between two looks for jobs, when nobody calls
inline constexpr Duration kBulkRetry = 10min;             // after a refusal of the account as a whole
inline constexpr int64_t kBulkRefusals = 100;             // refused rows of one job kept with their reasons
inline constexpr Duration kBulkCountsKept = 2s;           // counts of one job: a look at all its recipients
inline constexpr size_t kBulkTemplates = 64;              // compiled contents kept

// --- the Tencent door ---
inline constexpr size_t kTencentBody = 10u << 20;         // octets of a request: what the original takes by POST
inline constexpr size_t kTencentForm = 1u << 20;          // of a form or an older signature, as the original
inline constexpr size_t kTencentTo = 50;                  // addresses in Destination
inline constexpr size_t kTencentCopies = 20;              // in Cc, and in Bcc
inline constexpr size_t kTencentAttachments = 10;
inline constexpr size_t kTencentAttachmentBytes = 4u << 20;   // one, decoded
inline constexpr size_t kTencentAttachmentsBytes = 8u << 20;  // all of a mail, decoded
inline constexpr size_t kTencentContentBytes = 4u << 20;  // Html and Text, decoded
inline constexpr size_t kTencentText = 2048;              // octets of a text parameter: a subject has 998, an address 320
inline constexpr size_t kTencentJsonText = 64u << 10;     // a parameter that is JSON in a string
inline constexpr size_t kTencentTags = 50;                // of one request
inline constexpr size_t kTencentRows = 10000;             // of a list that the original gives whole

// --- accounts ---
inline constexpr unsigned kDomainsPerAccount = 10;        // default of the account's limit
inline constexpr unsigned kAddressesPerDomain = 10;       // default of the account's limit
inline constexpr unsigned kKeysPerAccount = 50;
inline constexpr unsigned kUsersPerAccount = 100;
inline constexpr Duration kPendingDomainKept = 720h;      // 30 days, then a claim lapses
inline constexpr size_t kPasswordLeast = 10;              // code points of a user's password
inline constexpr size_t kPasswordMost = 256;              // octets
inline constexpr Duration kSessionKept = 12h;
inline constexpr Duration kSessionRenewed = 1h;            // an older one gets another token at the console's next look
inline constexpr Duration kSessionGrace = 1min;            // the token before it is taken so long
inline constexpr Duration kSmtpLoginKept = 10min;         // a right SMTP password is remembered
inline constexpr unsigned kLoginFailures = 10;            // of one client in kLoginFailureWindow
inline constexpr unsigned kLoginFailuresOfName = 60;      // of one name, from all clients; then each new network has one guess
inline constexpr unsigned kLoginRecalls = 50;             // refused guesses of a client known to the name; then it waits as others do
inline constexpr unsigned kLoginFailuresOfNameMost = 200; // of one name; then only clients that have signed in before
inline constexpr Duration kLoginClientKept = 720h;        // 30 days that a client is known to a name
inline constexpr Duration kLoginFailureWindow = 10min;
inline constexpr size_t kLoginMemory = 20000;             // names, clients and logins remembered
inline constexpr unsigned kPasswordHashes = 4;            // Argon2id at once: 19 MiB each
inline constexpr unsigned kPasswordHashQueue = 64;        // waiting; beyond that, try later


// --- people ---
inline constexpr unsigned kSecretPairsPerUser = 2;        // SecretId and SecretKey, as the original service has it
inline constexpr unsigned kSessionsPerUser = 50;          // live; the next one ends the oldest
inline constexpr size_t kUserAgent = 256;                 // octets that are kept of it
inline constexpr Duration kSeenNoted = 1min;              // how fine seen_at of a session is
inline constexpr size_t kPolicyDomains = 50;              // of a sub-user's policy
inline constexpr size_t kPolicyText = 32u << 10;          // octets as it is kept: 50 names of 253 octets, and what is between
inline constexpr Duration kConfirmLinkKept = 48h;
inline constexpr Duration kResetLinkKept = 1h;
inline constexpr Duration kInvitationKept = 168h;         // 7 days
inline constexpr Duration kLinkRemembered = 720h;         // after it ended or expired; then the row goes
inline constexpr unsigned kLinksOfEmail = 5;              // of one kind to one address in kLinkWindow: who is meant is not flooded
inline constexpr Duration kLinkWindow = 1h;
inline constexpr unsigned kOpenInvitations = 100;         // of an account, and of the operator
inline constexpr unsigned kOpenRegistrations = 10000;     // not confirmed yet, of the installation
inline constexpr unsigned kRecoveryCodes = 10;
inline constexpr unsigned kSecondFactorGuesses = 10;      // of one name in kLoginFailureWindow, from clients it does not know
inline constexpr size_t kImpersonationReason = 500;       // code points
inline constexpr Duration kImpersonationKept = 1h;        // then the operator is himself again

// --- who a customer is ---
inline constexpr size_t kIdentityName = 128;              // code points of a person's or company's name, and of a contact
inline constexpr size_t kDocumentNumber = 64;             // octets of a document's or registration's number
inline constexpr size_t kDocumentNumberLeast = 4;         // so that its mask hides something
inline constexpr size_t kEvidenceBytes = 5u << 20;        // octets of one uploaded file: a scanned page
inline constexpr size_t kEvidenceFiles = 10;              // of one account
inline constexpr unsigned kEvidenceUploads = 40;          // of one account in kEvidenceWindow: deleted ones count
inline constexpr Duration kEvidenceWindow = 24h;
inline constexpr int64_t kEvidenceSlice = 20;             // files that one write job removes
inline constexpr unsigned kIdentityDecisions = 100;       // lines of one account's history; beyond, the operator is asked
inline constexpr size_t kReasonText = 1000;               // code points of a reason that the operator gives
inline constexpr size_t kAgreementBytes = 256u << 10;     // octets of the agreement in one language
inline constexpr size_t kAgreementVersion = 64;           // octets
inline constexpr size_t kAgreementBodyBytes = 1u << 20;   // of the request that sets it
inline constexpr size_t kCustomerSearch = 128;            // octets of a search in the customers' list
inline constexpr size_t kNoticePeople = 20;               // of one account, told by one notice
inline constexpr Duration kNoticeWait = 30s;              // accepting one of our own mails

// --- money and quotas ---
inline constexpr int64_t kMoneyMost = 1'000'000'000'000'000;  // millionths of the currency in one amount: far from overflow in sums
inline constexpr int64_t kMailsMost = 1'000'000'000;      // mails of one package, grant or tier; a day has fewer
inline constexpr int64_t kPriceMost = 1'000'000'000;      // millionths for one mail: 1,000 units
inline constexpr int64_t kPackageDaysMost = 36500;        // 100 years
inline constexpr size_t kPackagesOfAccount = 200;         // that still have mails: read in accepts
inline constexpr size_t kOffers = 1000;
inline constexpr size_t kPriceTiers = 20;                 // of one version of the price
inline constexpr size_t kPriceVersions = 1000;
inline constexpr size_t kBillingName = 64;                // code points of a package's or offer's name
inline constexpr size_t kPaymentReference = 128;          // octets of a payment's reference, of a webhook's event id
inline constexpr size_t kPaymentNote = 256;               // octets
inline constexpr size_t kWebhookBytes = 16u << 10;        // of a payment provider's call
inline constexpr size_t kWebhookSignature = 512;          // octets of its Posthouse-Signature
inline constexpr Duration kWebhookAge = 5min;             // of its signature; an older one is a replay
inline constexpr Duration kBillingLook = 30s;             // between two looks for days to bill and levels to judge
inline constexpr int64_t kBillingSlice = 200;             // accounts of one read
inline constexpr int64_t kUsageDaysMost = 800;            // days of one usage request: two years and some
inline constexpr Duration kMovementsKept = 48h;           // each by itself; older ones of a day are summed
inline constexpr size_t kLevelsMost = 20;                 // reputation levels of a sender domain
inline constexpr int64_t kLevelHistory = 30;              // days shown
inline constexpr size_t kUnblockReason = 500;             // code points
inline constexpr size_t kProviderBlocks = 20000;          // receiving providers of accounts that pause

// --- store ---
inline constexpr Duration kStoreWait = 20s;               // one transaction, its queueing included
inline constexpr size_t kSegmentBytes = 64u << 20;        // one content segment
inline constexpr size_t kGroupMost = 500;                 // jobs of one commit
inline constexpr Duration kGroupWait = 1ms;               // the most that a commit waits for company
inline constexpr size_t kWriterQueue = 20000;             // jobs waiting; beyond that, 451 / 503
inline constexpr unsigned kReadConnections = 4;
inline constexpr size_t kDiskReserve = 128u << 20;        // free bytes below which new mail is refused
inline constexpr unsigned kShards = 64;                   // of recipients' domains; stored with rows, so fixed for ever
inline constexpr unsigned kShardsOfOneNode = 8;           // of new rows in SQLite, which has one node: rows come and go at few places
inline constexpr Duration kLeaseKept = 20s;               // a dead node's shards are free after this
inline constexpr Duration kLeaseRenew = 5s;               // three renewals may fail before a lease runs out
inline constexpr Duration kLeaseMargin = 3s;              // an owner stops this much before its lease ends
inline constexpr size_t kGroupBytes = 16u << 20;          // content of one commit: the next job waits for the next
inline constexpr size_t kReadQueue = 20000;               // read jobs waiting
inline constexpr size_t kStatementsKept = 256;            // prepared statements cached in one connection
inline constexpr Duration kSqlWait = 30s;                 // one exchange with PostgreSQL, then the connection is lost
inline constexpr Duration kSqlConnectWait = 2s;           // connecting to PostgreSQL
inline constexpr Duration kCommitResolve = 10s;           // finding out whether a commit without a reply happened
inline constexpr Duration kCommitTokenKept = 24h;         // far beyond kCommitResolve
inline constexpr unsigned kWalPages = 2000;               // SQLite checkpoint: p99 6 to 13 ms at 1,000 to 4,000 pages, 37 at 20,000
inline constexpr size_t kSqliteCacheBytes = 64u << 20;    // the writer's pages: the growing ends of all tables and indexes
inline constexpr size_t kSqliteReadCacheBytes = 8u << 20; // pages of one reader
inline constexpr size_t kWalWriteBytes = 1u << 20;        // of SQLite's log, written together; a commit's pages are fewer
inline constexpr unsigned kCompactPercent = 25;           // of a full segment's octets; with fewer wanted, those move
inline constexpr size_t kCompactBytes = 4u << 20;         // content that one commit moves: no accept waits for more
inline constexpr size_t kCompactRows = 500;               // contents that one commit moves
inline constexpr Duration kSlicePause = 20ms;             // between two slices of housekeeping, beside the time they took
inline constexpr size_t kContentsMoved = 200000;          // places of moved content remembered for who read its row before: some 20 MB
inline constexpr size_t kCountersKept = 20000;            // of account, day, domain and kind, in the writer's memory
inline constexpr size_t kMailboxesKept = 200000;          // mailboxes with their mails in memory; beyond, those of the last hour alone
inline constexpr int64_t kRetentionMessagesDays = 90;     // default of retention.messages_days
inline constexpr int64_t kRetentionInboxDays = 30;        // default of retention.inbox_days
inline constexpr int64_t kRetentionInboundDays = 90;      // default of retention.inbound_days
inline constexpr int64_t kRetentionDaysMost = 36500;      // 100 years

// --- control ---
inline constexpr size_t kControlRequest = 40u << 20;

}  // namespace ph::limits
