# Mail::DKIM for many messages in one process: tests/support/dkim_opinions.py talks to it.
#
# The first argument is a file of "NAME<TAB>TEXT" lines, the TXT records that it sees; every line of
# standard input is one job, and gets one line:
#   verify FILE                                   ->  the result of each signature, with spaces
#   sign FILE OUT KEYFILE DOMAIN SELECTOR CANON   ->  "done": OUT is the DKIM-Signature field
use strict;
use warnings;
use Mail::DKIM::DNS;
use Mail::DKIM::PrivateKey;
use Mail::DKIM::Signer;
use Mail::DKIM::Verifier;
use Net::DNS::RR;

my %records;
open(my $zone, '<', $ARGV[0]) or die "cannot open $ARGV[0]: $!";
while (my $line = <$zone>) {
    chomp $line;
    my ($name, $text) = split(/\t/, $line, 2);
    $records{lc $name} = $text;
}

{
    no warnings 'redefine';
    *Mail::DKIM::DNS::query = sub {
        my ($name, $type) = @_;
        my $text = $records{lc $name};
        $@ = 'NXDOMAIN';
        return unless defined $text;
        $@ = 'NOERROR';
        return Net::DNS::RR->new(owner => $name, type => 'TXT',
            txtdata => [unpack('(a255)*', $text)]);
    };
}

sub octets {
    open(my $file, '<:raw', $_[0]) or die "cannot open $_[0]: $!";
    local $/;
    return <$file> // '';
}

sub feed {
    my ($machine, $file) = @_;
    $machine->PRINT(octets($file));
    $machine->CLOSE;
}

my %keys;
$| = 1;
while (my $job = <STDIN>) {
    chomp $job;
    my ($verb, $file, $out, $key, $domain, $selector, $canon) = split(/ /, $job);
    my $said = eval {
        if ($verb eq 'verify') {
            my $verifier = Mail::DKIM::Verifier->new;
            feed($verifier, $file);
            return join(' ', map { $_->result } $verifier->signatures);
        }
        $keys{$key} //= Mail::DKIM::PrivateKey->load(File => $key);
        my $signer = Mail::DKIM::Signer->new(Algorithm => 'rsa-sha256', Method => $canon,
            Domain => $domain, Selector => $selector, Key => $keys{$key});
        feed($signer, $file);
        open(my $to, '>:raw', $out) or die "cannot open $out: $!";
        print $to $signer->signature->as_string, "\r\n";
        close $to or die "cannot write $out: $!";
        return 'done';
    } // "died: $@";
    $said =~ s/\s+/ /g;
    print "$said\n";
}
