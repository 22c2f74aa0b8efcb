in vec2 v_at;
uniform sampler2D wall;
out vec4 pixel;

void main() {
    pixel = vec4(texture(wall, v_at).rgb, 1.0);
}
