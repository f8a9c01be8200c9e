package harness;

import io.netty.bootstrap.Bootstrap;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.SimpleChannelInboundHandler;
import io.netty.channel.nio.NioEventLoopGroup;
import io.netty.channel.socket.SocketChannel;
import io.netty.channel.socket.nio.NioSocketChannel;
import io.netty.handler.ssl.SslContext;
import io.netty.handler.ssl.SslHandler;
import io.netty.handler.ssl.SslHandshakeCompletionEvent;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import javax.net.ssl.SSLEngine;
import javax.net.ssl.SSLParameters;

/** A GET over Netty's own pipeline, with the check of the host's name that its users add. */
final class NettyHttp {
    private NettyHttp() {}

    static String get(SslContext context, String host, int port) throws Exception {
        NioEventLoopGroup group = new NioEventLoopGroup(1);
        CompletableFuture<String> answer = new CompletableFuture<>();
        try {
            new Bootstrap().group(group).channel(NioSocketChannel.class).handler(new ChannelInitializer<SocketChannel>() {
                @Override
                protected void initChannel(SocketChannel channel) {
                    SslHandler handler = context.newHandler(channel.alloc(), host, port);
                    SSLEngine engine = handler.engine();
                    SSLParameters parameters = engine.getSSLParameters();
                    parameters.setEndpointIdentificationAlgorithm("HTTPS");
                    engine.setSSLParameters(parameters);
                    channel.pipeline().addLast(handler, new Talk(host, answer));
                }
            }).connect(host, port).sync();
            return answer.get(Http.TIMEOUT_MS, TimeUnit.MILLISECONDS);
        } catch (ExecutionException e) {
            throw (Exception) e.getCause();
        } finally {
            group.shutdownGracefully(0, 1, TimeUnit.SECONDS);
        }
    }

    private static final class Talk extends SimpleChannelInboundHandler<ByteBuf> {
        private final String host;
        private final CompletableFuture<String> answer;

        Talk(String host, CompletableFuture<String> answer) {
            this.host = host;
            this.answer = answer;
        }

        @Override
        public void userEventTriggered(ChannelHandlerContext context, Object event) throws Exception {
            if (event instanceof SslHandshakeCompletionEvent && ((SslHandshakeCompletionEvent) event).isSuccess())
                context.writeAndFlush(Unpooled.wrappedBuffer(Http.request(host)));
        }

        @Override
        protected void channelRead0(ChannelHandlerContext context, ByteBuf data) {
            answer.complete(data.toString(StandardCharsets.US_ASCII).split("\r\n")[0]);
        }

        @Override
        public void exceptionCaught(ChannelHandlerContext context, Throwable error) {
            answer.completeExceptionally(error instanceof Exception ? error : new Exception(error));
        }
    }
}
