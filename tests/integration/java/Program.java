import java.io.ByteArrayInputStream;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublisher;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.time.Duration;

/**
 * Asks as a JDK's HttpClient does by default: each request over plain HTTP offers an upgrade to HTTP/2.
 * Arguments: an SDK key, then an address and a body for each question. Each is asked four times; each answer is a line.
 */
public class Program {
    private static final HttpClient CLIENT = HttpClient.newBuilder().connectTimeout(Duration.ofSeconds(30)).build();

    public static void main(String[] arguments) throws Exception {
        String key = arguments[0];
        for (int i = 1; i < arguments.length; i += 2) {
            URI address = URI.create(arguments[i]);
            String body = arguments[i + 1];
            byte[] bytes = body.getBytes(StandardCharsets.UTF_8);
            BodyPublisher inChunks = BodyPublishers.ofInputStream(() -> new ByteArrayInputStream(bytes));
            tell(request(key, address).POST(BodyPublishers.ofString(body)));
            tell(request(key, address).POST(BodyPublishers.ofString(body)));
            tell(request(key, address).POST(inChunks));
            tell(request(key, address).expectContinue(true).POST(BodyPublishers.ofString(body)));
        }
    }

    private static HttpRequest.Builder request(String key, URI address) {
        return HttpRequest.newBuilder(address)
                .timeout(Duration.ofSeconds(30))
                .header("Authorization", "Bearer " + key)
                .header("Content-Type", "application/json");
    }

    private static void tell(HttpRequest.Builder request) throws Exception {
        HttpResponse<String> answer = CLIENT.send(request.build(), BodyHandlers.ofString());
        System.out.println(answer.statusCode() + " " + answer.version() + " " + answer.body());
    }
}
