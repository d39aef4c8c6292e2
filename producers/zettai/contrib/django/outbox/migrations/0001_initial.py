"""The table of messages that wait."""

from django.db import migrations, models


class Migration(migrations.Migration):

    initial = True

    dependencies: list[tuple[str, str]] = []

    operations = [
        migrations.CreateModel(
            name='OutboxMessage',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('client_tag', models.CharField(max_length=200, unique=True)),
                ('lane', models.CharField(max_length=10)),
                ('message', models.JSONField()),
                ('problem', models.TextField(default='')),
            ],
            options={
                'verbose_name': 'waiting SMS',
                'verbose_name_plural': 'waiting SMS',
                'ordering': ('-lane', 'id'),
            },
        ),
    ]
