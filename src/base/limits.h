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
inline constexpr size_t kAttachments = 100;               // of one API request
inline constexpr size_t kCustomHeaders = 50;              // of one API request
inline constexpr size_t kSubjectBytes = 998;              // after decoding, UTF-8

// --- addresses and names ---
inline constexpr size_t kLocalPart = 64;                  // RFC 5321 §4.5.3.1.1, octets
inline constexpr size_t kDomain = 255;                    // RFC 5321 §4.5.3.1.2; as a name: 253 without the final dot
inline constexpr size_t kLabel = 63;                      // RFC 1035 §2.3.4
inline constexpr size_t kPath = 256;                      // RFC 5321 §4.5.3.1.3, with <>
inline constexpr size_t kAddressListBytes = 64u << 10;    // one From/To/Cc field
inline constexpr size_t kCommentDepth = 16;               // nested comments in an address
inline constexpr size_t kSenderName = 64;                 // display name of a sender address, code points

// --- SMTP, both roles ---
inline constexpr size_t kSmtpCommandLine = 2048;          // ours: RFC 5321 §4.5.3.1.4 asks 512, parameters add (RFC 4954: 12288 for AUTH)
inline constexpr size_t kSmtpAuthLine = 12288;            // RFC 4954 §4
inline constexpr size_t kSmtpReplyLine = 4096;            // one line of a receiver's reply
inline constexpr size_t kSmtpReplyBytes = 64u << 10;      // a whole reply
inline constexpr unsigned kSmtpErrors = 20;               // bad commands of one session (Postfix smtpd_hard_error_limit)
inline constexpr unsigned kSmtpAuthFailures = 3;          // of one session
inline constexpr unsigned kSmtpTransactions = 10000;      // of one session
inline constexpr Duration kSmtpCommandWait = 5min;        // RFC 5321 §4.5.3.2.7
inline constexpr Duration kSmtpPreAuth = 2min;            // whole session before AUTH on submission
inline constexpr Duration kSmtpDataWait = 3min;           // RFC 5321 §4.5.3.2.5, between two chunks
inline constexpr Duration kSmtpDataTotal = 30min;         // whole of one DATA
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
inline constexpr Duration kFirstRetry = 5min;
inline constexpr Duration kRetryMost = 4h;                // longest wait between two attempts
inline constexpr Duration kQueueLifetime = 72h;           // then the recipient bounces, delivery_expired
inline constexpr Duration kConnectionIdle = 10s;          // an open session kept for reuse
inline constexpr unsigned kConnectionUses = 200;          // transactions over one session
inline constexpr size_t kTranscriptBytes = 8u << 10;      // kept of one attempt

// --- DNS ---
inline constexpr size_t kDnsUdpPayload = 1232;            // EDNS buffer (DNS flag day 2020)
inline constexpr size_t kDnsMessage = 65535;              // RFC 1035 §4.2.2
inline constexpr unsigned kDnsPointers = 64;              // compression pointers in one name
inline constexpr unsigned kDnsRecords = 4096;             // of one message
inline constexpr unsigned kCnameChain = 8;
inline constexpr Duration kDnsInteractive = 3s;           // a person waits
inline constexpr Duration kDnsEvaluation = 10s;           // one SPF or DMARC evaluation
inline constexpr unsigned kDnsOutstanding = 512;          // queries in flight
inline constexpr unsigned kSpfLookups = 10;               // RFC 7208 §4.6.4
inline constexpr unsigned kSpfVoidLookups = 2;            // RFC 7208 §4.6.4
inline constexpr unsigned kSpfMxAddresses = 10;           // RFC 7208 §4.6.4
inline constexpr unsigned kDmarcTreeQueries = 8;          // RFC 9989: the tree walk's most

// --- mail authentication ---
inline constexpr unsigned kDkimSignatures = 10;           // verified of one message
inline constexpr unsigned kDkimKeyBitsLeast = 1024;       // RFC 8301 §3.2, to verify
inline constexpr unsigned kDkimKeyBitsMost = 4096;

// --- HTTP ---
inline constexpr size_t kHttpHeaderBytes = 16u << 10;
inline constexpr size_t kHttpBodyBytes = 40u << 20;       // a message with its base64 attachments
inline constexpr size_t kHttpTarget = 4096;
inline constexpr unsigned kHttpRequestsPerConnection = 100000;
inline constexpr Duration kHttpHeaderWait = 15s;
inline constexpr Duration kHttpBodyWait = 60s;
inline constexpr Duration kHttpIdle = 75s;
inline constexpr unsigned kHttpConnections = 4096;
inline constexpr unsigned kHttpConnectionsPerClient = 256;
inline constexpr unsigned kJsonDepth = 32;
inline constexpr size_t kPageMost = 200;                  // rows of one page
inline constexpr size_t kPageDefault = 50;
inline constexpr size_t kIdempotencyKey = 256;            // octets
inline constexpr Duration kIdempotencyKept = 24h;

// --- accounts ---
inline constexpr unsigned kDomainsPerAccount = 10;        // default of the account's limit
inline constexpr unsigned kAddressesPerDomain = 10;       // default of the account's limit
inline constexpr unsigned kKeysPerAccount = 50;
inline constexpr unsigned kUsersPerAccount = 100;
inline constexpr Duration kPendingDomainKept = 720h;      // 30 days, then a claim lapses
inline constexpr size_t kPasswordLeast = 10;              // code points of a user's password
inline constexpr size_t kPasswordMost = 256;              // octets
inline constexpr Duration kSessionKept = 12h;
inline constexpr unsigned kPasswordHashes = 4;            // Argon2id at once: 19 MiB each
inline constexpr unsigned kPasswordHashQueue = 64;        // waiting; beyond that, try later

// --- store ---
inline constexpr size_t kSegmentBytes = 64u << 20;        // one content segment
inline constexpr size_t kGroupMost = 500;                 // jobs of one commit
inline constexpr Duration kGroupWait = 1ms;               // the most that a commit waits for company
inline constexpr size_t kWriterQueue = 20000;             // jobs waiting; beyond that, 451 / 503
inline constexpr unsigned kReadConnections = 4;
inline constexpr size_t kDiskReserve = 128u << 20;        // free bytes below which new mail is refused

// --- control ---
inline constexpr size_t kControlRequest = 40u << 20;

}  // namespace ph::limits
